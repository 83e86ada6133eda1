"""The table of docs/scoring.md on the self-check of `reference=flip`: its figures, and what ranks errors better.

    GRADUNC_DATA=DATA python benchmarks/reference_check.py [SET ...]

DATA holds frames, kitti_raw, redkitchen, rt_monodepth_s and fastdepth, as the tests of real data have them. FastDepth
needs the package onnx2torch. Every set is ordinary images, changed images, or a changed network.
"""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from typing import Any, NamedTuple

import mirror_cases as mirror
import numpy as np
import torch
from mirror_cases import Frame
from torch import Tensor, nn

from gradunc import GradientUncertainty
from gradunc.data.image_files import resize_image
from gradunc.metrics import EvaluationProtocol, PixelErrors, resize_estimate
from gradunc.types import OutputSpace
from gradunc.uncertainty.gradient.reference_check import disagreement, disagrees

STREETS, ROOM, WHOLE = (
    EvaluationProtocol(crop="garg"),
    EvaluationProtocol(min_depth=0.1, max_depth=10.0),
    EvaluationProtocol(),
)
REFERENCES = ("flip", "feature_flip", "none")
SETTINGS: dict[str, Any] = {
    "layers": "coarse",
    "loss": "sensitivity",
    "channels": "norm",
    "across_layers": "mean",
    "normalize": "mean",
    "depth_power": 0.5,
}


def ause(network: nn.Module, frame: Frame, image: Tensor, reference: str, protocol: EvaluationProtocol) -> float:
    """Of abs_rel, with the settings `full_mean_05` of docs/scoring.md and a reference."""
    assert frame.truth is not None
    estimator = GradientUncertainty(network, reference=reference, reference_check="off", **SETTINGS)
    size = (frame.truth.shape[-2], frame.truth.shape[-1])
    depth, score, _ = resize_estimate(network, estimator.estimate(image), size)  # pyright: ignore[reportArgumentType]
    found = protocol.select(frame.truth, depth[0], None, OutputSpace())
    return float(PixelErrors(found.truth, found.prediction).rank(score[0, 0][found.keep])["abs_rel"].ause)


class Case(NamedTuple):
    """A network, its images and how they are compared."""

    network: Callable[[], nn.Module]
    images: Callable[[], Iterator[Frame]]
    size: tuple[int, int] = (192, 640)
    protocol: EvaluationProtocol = STREETS


def case_of_change(change: Callable[[Tensor, bool], Tensor], protocol: EvaluationProtocol = STREETS) -> Case:
    """Twelve changed frames."""
    return Case(mirror.rt, partial(mirror.changed, mirror.frames, change), protocol=protocol)


CASES = {
    "driving, 19 scenes": Case(mirror.rt, mirror.frames),
    "KITTI drive 0002": Case(mirror.rt, mirror.drive),
    **{f"rolled by {degrees}": case_of_change(partial(mirror.rolled, degrees=degrees)) for degrees in (10, 20)},
    "left 60%": case_of_change(mirror.cropped),
    "fisheye": case_of_change(partial(mirror.fisheye, centre=0.0)),
    "fisheye off the centre": case_of_change(partial(mirror.fisheye, centre=0.5)),
    "upside down": case_of_change(partial(mirror.rolled, degrees=180), WHOLE),
    "redkitchen, RT-MonoDepth-S": Case(mirror.rt, mirror.kitchen, protocol=ROOM),
    "redkitchen, FastDepth": Case(mirror.fastdepth, mirror.kitchen, (224, 224), ROOM),
    "pages of text": Case(mirror.rt, mirror.pages),
    **{
        f"ramp of {slope}": Case(
            lambda slope=slope: mirror.Ramp(mirror.rt(), slope),
            partial(mirror.changed, mirror.frames, lambda maps, _: maps),
        )
        for slope in (0.1, 0.2, 0.5)
    },
}


def measure(case: Case) -> tuple[list[list[float]], list[list[float]]]:
    """Of each image the figures, and AUSE for every reference where there is truth."""
    network, figures, areas = case.network(), [], []
    names = REFERENCES if callable(getattr(network, "encode", None)) else ("flip", "none")
    for frame in case.images():
        image = resize_image(frame.image, case.size)[None]
        with torch.no_grad():
            figures.append(disagreement(network(image).depth, network(image.flip(-1)).depth.flip(-1))[0].tolist())
        if frame.truth is not None:
            found = {name: ause(network, frame, image, name, case.protocol) for name in names}
            areas.append([found.get(name, float("nan")) for name in REFERENCES])
    return figures, areas


def row(name: str) -> str:
    """A line of the table."""
    figures, areas = measure(CASES[name])
    cells = [f"{median(column):.3f} ({max(column):.3f})" for column in zip(*figures, strict=True)]
    fired = int(disagrees(torch.tensor(figures)).sum())
    mean = np.array(areas).mean(0) if areas else np.full(3, np.nan)
    changes = ["-" if np.isnan(one) else f"{100 * (one / mean[0] - 1):+.1f}%" for one in mean[1:]]
    return f"| {name} | {' | '.join(cells)} | {fired} of {len(figures)} | {' | '.join(changes)} |"


def main(names: list[str]) -> None:
    """Print the table."""
    torch.set_num_threads(1)
    print("| images | shift | ratio | tilt | images that disagree | feature_flip | none |")
    print("|---|---|---|---|---|---|---|")
    for name in names or CASES:
        print(row(name), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
