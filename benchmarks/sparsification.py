"""Sparsification of 90,000 pixels against a plain NumPy program of its definition (docs/methods.md G.7), in one run.

    python benchmarks/sparsification.py [PIXELS]

Both run on one core in turn; prints seconds, their ratio, and the largest difference of the areas.
"""

import sys
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from timing import interleaved

from gradunc.metrics import PixelErrors, sparsification

PIXELS, STEPS, REPEATS = 90_000, 50, 15

Pixels = NDArray[np.float64]
Error = Callable[[Pixels, Pixels], Pixels]
"""(truth, prediction) -> an error of every pixel."""


def relative(truth: Pixels, prediction: Pixels) -> Pixels:
    """|d - d*| / d*."""
    return np.abs(prediction - truth) / truth


def squared(truth: Pixels, prediction: Pixels) -> Pixels:
    """(d - d*)^2."""
    return (prediction - truth) ** 2


def ratio(truth: Pixels, prediction: Pixels) -> Pixels:
    """max(d/d*, d*/d)."""
    return np.maximum(prediction / truth, truth / prediction)


def outliers(truth: Pixels, prediction: Pixels) -> Pixels:
    """1 where the ratio is at least 1.25."""
    return (ratio(truth, prediction) >= 1.25).astype(float)


ERRORS: dict[str, tuple[Error, Error]] = {
    "abs_rel": (relative, relative),
    "rmse": (squared, squared),
    "a1": (outliers, ratio),
}
"""Name -> what is averaged, and what the oracle removes first."""


def subsets(uncertainty: Pixels) -> list[NDArray[np.bool_]]:
    """One mask of kept pixels for each threshold."""
    return [-uncertainty >= np.percentile(-uncertainty, 100 / STEPS * step) for step in range(STEPS)]


def area(name: str, truth: Pixels, prediction: Pixels, kept: Sequence[NDArray[np.bool_]]) -> float:
    """Below the curve of one error, every point computed anew from the pixels of its subset."""
    means = [ERRORS[name][0](truth[mask], prediction[mask]).mean() for mask in kept]
    curve = np.array([*(np.sqrt(means) if name == "rmse" else means), 0.0])
    return float((curve[1:] + curve[:-1]).sum() / (2 * STEPS))


def plain(truth: Pixels, prediction: Pixels, uncertainty: Pixels) -> dict[str, float]:
    """AUSE of the three errors."""
    kept, found = subsets(uncertainty), {}
    for name, (_, worst) in ERRORS.items():
        best = subsets(worst(truth, prediction))
        found[name] = area(name, truth, prediction, kept) - area(name, truth, prediction, best)
    return found


def main(pixels: int) -> None:
    """Time both."""
    torch.set_num_threads(1)
    draw = np.random.default_rng(0)
    truth = draw.uniform(1, 80, pixels)
    prediction = truth * np.exp(0.1 * draw.normal(size=pixels))
    uncertainty = np.abs(prediction - truth) + draw.uniform(0, 5, pixels)
    arrays = truth, prediction, uncertainty
    tensors = torch.from_numpy(truth), torch.from_numpy(prediction), torch.from_numpy(uncertainty)
    errors = PixelErrors(tensors[0], tensors[1])
    runs = {
        "plain NumPy": partial(plain, *arrays),
        "sparsification": partial(sparsification, *tensors),
        "a further uncertainty of the image": partial(errors.rank, tensors[2]),
    }
    seconds = interleaved(runs, REPEATS, torch.device("cpu"))
    for name, time in seconds.items():
        print(f"{name}: {time:.4f} s, plain NumPy takes {seconds['plain NumPy'] / time:.1f} times as long")
    ours, theirs = sparsification(*tensors), plain(*arrays)
    print("largest difference of AUSE:", max(abs(float(ours[name].ause) - theirs[name]) for name in ERRORS))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PIXELS)
