"""Depth errors and sparsification of one image, as pure functions on the 1-D tensors of its valid pixels.

Both compute in float64 whatever they are given: a float32 mean over half a million pixels loses the digits in
which methods differ.
"""

import math
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from gradunc.brief import brief_repr
from gradunc.errors import InputError
from gradunc.ops.sorting import ascending, ranks

DEPTH_ERRORS = ("abs_rel", "sq_rel", "rmse", "rmse_log", "a1", "a2", "a3", "log10", "silog")
"""The keys of `depth_errors`: the seven of the published tables in their order, one of NYU's, one of KITTI's server."""

SPARSIFIED = ("abs_rel", "rmse", "a1")
"""The keys of `sparsification`; its a1 is the share of outliers (ratio >= 1.25), so that all three fall."""


class SparsificationResult(NamedTuple):
    """How well an uncertainty ranks the pixels of one image by one error; areas carry the error's unit."""

    ause: Tensor
    """() area between the curve and the oracle's: 0 is perfect, lower is better."""
    aurg: Tensor
    """() area gained over removing pixels at random: higher is better, < 0 is worse than random."""
    curve: Tensor
    """(intervals+1,) error left when the least certain 0, 1/intervals, ... of all are gone; ends in 0."""
    oracle: Tensor
    """(intervals+1,) the same with the error itself as the uncertainty."""

    __repr__ = brief_repr


def depth_errors(truth: Tensor, prediction: Tensor) -> dict[str, Tensor]:
    """The standard errors of one image (Eigen et al. 2014; log10: Saxena et al. 2009; silog: KITTI's depth server).

    Args:
        truth: (n,) true depth [m], > 0, n > 0.
        prediction: (n,) depth [m], > 0: aligned and clamped.

    Returns:
        Float64 scalars: abs_rel [1], sq_rel [m], rmse [m], rmse_log [1, natural logarithm]; a1, a2, a3, the shares of
        pixels with max(prediction/truth, truth/prediction) < 1.25, 1.25^2, 1.25^3; log10 [1], the mean difference of
        decimal logarithms; silog [%], the standard deviation of the difference of natural logarithms.

    Raises:
        InputError: the tensors are empty or not 1-D of one length.

    >>> errors = depth_errors(torch.tensor([2.0, 4.0]), torch.tensor([3.0, 4.0]))
    >>> errors["abs_rel"].item(), errors["a1"].item()
    (0.25, 0.5)
    """
    truth, prediction = _as_pixels(truth, prediction)
    difference, logarithm = prediction - truth, prediction.log() - truth.log()
    ratio = _ratio(truth, prediction)
    return {
        "abs_rel": (difference.abs() / truth).mean(),
        "sq_rel": (difference.square() / truth).mean(),
        "rmse": difference.square().mean().sqrt(),
        "rmse_log": logarithm.square().mean().sqrt(),
        **{f"a{k}": (ratio < 1.25**k).double().mean() for k in (1, 2, 3)},
        "log10": logarithm.abs().mean() / math.log(10),
        "silog": 100 * logarithm.std(correction=0),
    }


def pixel_errors(truth: Tensor, prediction: Tensor) -> Tensor:
    """The errors of every pixel whose means are `SPARSIFIED`, before the root of rmse.

    Args:
        truth: (n,) true depth [m], > 0, n > 0.
        prediction: (n,) depth [m], > 0: aligned and clamped.

    Returns:
        (3,n) float64: |d - d*| / d*, (d - d*)^2 [m^2], and 1 where max(d/d*, d*/d) >= 1.25.

    Raises:
        InputError: the tensors are empty or not 1-D of one length.
    """
    truth, prediction = _as_pixels(truth, prediction)
    difference = prediction - truth
    outliers = (_ratio(truth, prediction) >= 1.25).double()
    return torch.stack([difference.abs() / truth, difference.square(), outliers])


class PixelErrors:
    """The pixels of one image with their errors, ready to be ranked by any number of uncertainties.

    The oracle's curves depend on the errors alone and are computed once.

    Args:
        truth: (n,) true depth [m], > 0, n > 0.
        prediction: (n,) depth [m], > 0: aligned and clamped.
        intervals: number of steps; 50 is the published protocol.

    Raises:
        InputError: the tensors are empty or not 1-D of one length.
    """

    def __init__(self, truth: Tensor, prediction: Tensor, intervals: int = 50) -> None:
        self.intervals = intervals
        self.per_pixel = pixel_errors(truth, prediction)
        """(3,n), see `pixel_errors`."""
        relative, squared, _ = self.per_pixel
        ratio = _ratio(*_as_pixels(truth, prediction))
        self._oracles = [_oracle(errors, intervals) for errors in (relative, squared)]
        self._oracles.append(_oracle(ratio, intervals, outliers=True))

    @cached_property
    def ranks(self) -> tuple[Tensor, Tensor]:
        """Of the pixels by |d - d*| / d* and by |d - d*|, (n,) each; see `gradunc.ops.sorting.ranks`."""
        return ranks(self.per_pixel[0]), ranks(self.per_pixel[1])

    def rank(self, uncertainty: Tensor) -> dict[str, SparsificationResult]:
        """Sparsify by an uncertainty; see `sparsification`.

        Args:
            uncertainty: (n,) finite, HIGHER = WORSE.
        """
        errors, (uncertainty,) = self.per_pixel, _as_pixels(uncertainty, count=self.per_pixel.shape[1])
        if not uncertainty.isfinite().all():
            raise InputError("the uncertainty has NaN or infinite pixels; omit them by the estimate's `valid` mask")
        certainty, order = torch.sort(-uncertainty)
        ranked = _mean_of_rest(errors.index_select(1, order), certainty, self.intervals)
        results = {}
        for name, method, best in zip(SPARSIFIED, ranked, self._oracles, strict=True):
            pair = torch.stack([method, best])
            curve, oracle = pair.sqrt() if name == "rmse" else pair
            area, least = (torch.trapezoid(y, dx=1 / self.intervals) for y in (curve, oracle))
            results[name] = SparsificationResult(area - least, curve[0] - area, curve, oracle)
        return results


def sparsification(
    truth: Tensor, prediction: Tensor, uncertainty: Tensor, intervals: int = 50
) -> dict[str, SparsificationResult]:
    """Remove the least certain pixels step by step and watch the error of the rest (Poggi et al. 2020).

    Step t keeps {-u >= the 100 t/intervals percentile of -u}: pixels of equal uncertainty leave together. A
    final 0 is appended to the curve, and "random" is the constant error of all pixels; so a constant
    uncertainty has AURG = +0.5/intervals of the error, not 0. Only the order of the uncertainties counts.

    Args:
        truth: (n,) true depth [m], > 0, n > 0.
        prediction: (n,) depth [m], > 0: aligned and clamped.
        uncertainty: (n,) finite, HIGHER = WORSE.
        intervals: number of steps; 50 is the published protocol.

    Returns:
        abs_rel, rmse, a1 -> result, in float64.

    Raises:
        InputError: the tensors are empty, not 1-D of one length, or the uncertainty is not finite.
    """
    truth, prediction, uncertainty = _as_pixels(truth, prediction, uncertainty)
    return PixelErrors(truth, prediction, intervals).rank(uncertainty)


def _ratio(truth: Tensor, prediction: Tensor) -> Tensor:
    return torch.maximum(prediction / truth, truth / prediction)


def _as_pixels(*tensors: Tensor, count: int | None = None) -> list[Tensor]:
    shapes = [tuple(tensor.shape) for tensor in tensors]
    if len(shapes[0]) != 1 or len(set(shapes)) != 1 or not shapes[0][0] or (count or shapes[0][0]) != shapes[0][0]:
        raise InputError(f"expected 1-D tensors of one length > 0 (the valid pixels of one image), got {shapes}")
    return [tensor.double() for tensor in tensors]


def _oracle(worst: Tensor, intervals: int, *, outliers: bool = False) -> Tensor:
    """(n,) what the oracle removes first -> (intervals+1,): the mean of the rest, or the share of ratios >= 1.25.

    The order of equal pixels does not count, as their errors are equal, too: values alone are sorted.
    """
    certainty = ascending(-worst)
    errors = (-certainty >= 1.25).double() if outliers else -certainty
    return _mean_of_rest(errors[None], certainty, intervals)[0]


def _mean_of_rest(per_pixel: Tensor, certainty: Tensor, intervals: int) -> Tensor:
    """(K,n) errors in the order of ascending certainty (n,) -> (K, intervals+1) means of what is left, then a 0."""
    starts = torch.searchsorted(certainty, _thresholds(certainty, intervals))
    # One pass over the pixels: sum between neighbouring thresholds, then add up from the certain end. A
    # cumsum over all pixels would do it too, but has no deterministic version on CUDA.
    chunks = per_pixel.tensor_split(starts.cpu(), dim=1)[1:]
    sums = torch.stack([chunk.sum(dim=1) for chunk in chunks], dim=1)
    later = torch.ones(intervals, intervals, dtype=torch.float64, device=sums.device).triu()
    means = (sums[:, None, :] * later).sum(dim=2) / (len(certainty) - starts)
    return torch.nn.functional.pad(means, (0, 1))


def _thresholds(ascending: Tensor, intervals: int) -> Tensor:
    """The percentiles 0, 100/intervals, ... below 100, interpolated linearly and rounded as NumPy does it.

    `torch.quantile` refuses more than 16 million values and interpolates with other roundings, which can drop
    the one pixel that a threshold falls upon.
    """
    last = len(ascending) - 1
    steps = torch.arange(intervals, dtype=torch.float64, device=ascending.device)
    position = steps * (100 / intervals) / 100 * last
    lower = position.long()
    fraction = position - lower
    low, high = ascending[lower], ascending[(lower + 1).clamp(max=last)]
    gap = high - low
    return torch.where(fraction < 0.5, low + gap * fraction, high - gap * (1 - fraction))
