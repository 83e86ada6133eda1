"""Losses of disparity that no factor and no shift on the prediction changes.

MiDaS: Ranftl et al., TPAMI 2022 (docs/methods.md F.6). They train networks on truth of any unit, and networks whose
output is a disparity up to a factor and a shift.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from gradunc.brief import brief_repr
from gradunc.losses.inputs import LossInputs, Need, TermResult
from gradunc.losses.pairs import MIN_DEPTH
from gradunc.losses.pseudo import region_weights, with_pasted, without_largest
from gradunc.ops.masked import lower_median, masked_mean, mean_over_known

TRIMMED = 5
"""One of so many residuals of each image, the largest, is left out: 20%."""
TINY = 1e-12
"""A variance or spread below it belongs to a constant map, which has no scale."""


class Disparities(NamedTuple):
    """Prediction and truth as disparity, at the truth's resolution."""

    prediction: Tensor
    """(B,1,H,W), 0 and without gradient where the truth is unknown."""
    truth: Tensor
    """(B,1,H,W) [1/m, or of unknown factor and shift], 0 where unknown."""
    keep: Tensor
    """(B,1,H,W) bool, True = the truth counts."""

    __repr__ = brief_repr


def disparities(inputs: LossInputs, scale: int) -> Disparities:
    """One scale of the prediction, resized to the truth, which is never resized; pasted regions after the images.

    Raises:
        InputError: a data set without true depth and disparity.
    """
    truth, keep = with_pasted(inputs.sample, *_true_disparity(inputs))
    predicted = inputs.disparity(scale, (truth.shape[-2], truth.shape[-1]))
    predicted = predicted.repeat(len(truth) // len(predicted), 1, 1, 1)
    return Disparities(torch.where(keep, predicted, 0.0), torch.where(keep, truth, 0.0), keep)


def _true_disparity(inputs: LossInputs) -> tuple[Tensor, Tensor]:
    """Of each image what is known: the inverse of its depth, or its disparity; and where that counts."""
    relative = inputs.sample.get("disparity")
    if relative is not None and "depth" not in inputs.sample:
        return relative, inputs.tensor("disparity_valid")
    depth, keep = inputs.tensor("depth"), inputs.tensor("valid")
    inverse = 1 / torch.where(keep, depth, 1.0).clamp_min(MIN_DEPTH)
    if relative is None:
        return inverse, keep
    return torch.where(keep, inverse, relative), keep | inputs.tensor("disparity_valid")


def least_squares_residual(maps: Disparities) -> Tensor:
    """S v + t - v*, with the s and t of each image whose sum of squares is smallest: (B,1,H,W), 0 where not kept.

    A constant prediction has s = 0. A negative s is no worse than a positive one: a network that has learned the
    opposite of disparity costs nothing, which `robust_residual` does not allow.
    """
    predicted, truth, keep = maps
    centred, around = _minus(predicted, masked_mean(predicted, keep), keep), masked_mean(truth, keep)
    variance = masked_mean(centred.square(), keep)
    slope = masked_mean(centred * truth, keep) / torch.where(variance > TINY, variance, 1.0)
    slope = torch.where(variance > TINY, slope, 0.0)
    return torch.where(keep, slope.view(-1, 1, 1, 1) * centred, 0.0) - _minus(truth, around, keep)


def robust_residual(maps: Disparities) -> Tensor:
    """Difference of both maps, each minus its median and divided by its mean distance from it: (B,1,H,W)."""
    return _normalised(maps.prediction, maps.keep) - _normalised(maps.truth, maps.keep)


def half_mean_square(residual: Tensor, keep: Tensor, weights: Tensor | None = None) -> Tensor:
    """Sum of squares / 2M, M = valid pixels of the image; averaged over images."""
    return mean_over_known(masked_mean(residual.square(), keep) / 2, keep, weights)


def trimmed_mean(residual: Tensor, keep: Tensor, weights: Tensor | None = None) -> Tensor:
    """Sum of the smallest 80% of |residuals| / 2M, M = all valid pixels of the image; averaged over images.

    Which residuals are the largest is a matter of each image: of M pixels the M // 5 largest have no gradient. The
    `trimmed_mae_loss` that is widely copied trims none, and its median counts unknown pixels as zeros.

    >>> values = torch.tensor([1.0, -2.0, 3.0, 4.0, 100.0]).view(1, 1, 1, 5)
    >>> trimmed_mean(values, values != 0).item()
    1.0
    """
    size = torch.where(keep, residual.abs(), torch.inf).flatten(1).sort(1).values
    count = keep.flatten(1).sum(1, keepdim=True)
    within = torch.arange(size.shape[1], device=size.device) < count - count // TRIMMED
    total = torch.where(within, size, 0.0).sum(1)
    return mean_over_known(total / (2 * count[:, 0]).clamp_min(1), keep, weights)


class Affine:
    """A loss of the residual of disparity that an alignment leaves.

    Args:
        residual: disparities -> (B,1,H,W), 0 where not kept.
        value: residual and what is kept, (B,1,H,W) each, and weights of the images, (B,) or None -> ().
    """

    needs: frozenset[Need] = frozenset({"disparity", "positive_depth"})
    head = ""

    def __init__(
        self, residual: Callable[[Disparities], Tensor], value: Callable[[Tensor, Tensor, Tensor | None], Tensor]
    ) -> None:
        self.residual, self.value = residual, value

    def __call__(self, inputs: LossInputs, scale: int) -> TermResult:
        """Value at one scale; 0 for a batch without a single valid pixel."""
        maps = disparities(inputs, scale)
        residual, keep = self.residual(maps), maps.keep
        if inputs.rejected and "pseudo" in inputs.sample:
            pseudo = inputs.sample["pseudo"].repeat(len(keep) // len(inputs.sample["pseudo"]))
            keep = without_largest(residual, keep, inputs.rejected, pseudo)
            residual = torch.where(keep, residual, 0.0)
        return TermResult(self.value(residual, keep, region_weights(inputs.sample)))


def _minus(values: Tensor, of_image: Tensor, keep: Tensor) -> Tensor:
    """Values (B,1,H,W) minus one number of each image (B,), 0 where not kept."""
    return torch.where(keep, values - of_image.view(-1, 1, 1, 1), 0.0)


def _normalised(values: Tensor, keep: Tensor) -> Tensor:
    """Minus the median of what is kept, divided by the mean distance from it; 0 where not kept."""
    middle = lower_median(values.flatten(1), keep.flatten(1))
    centred = _minus(values, torch.where(middle.isnan(), 0.0, middle), keep)
    spread = masked_mean(centred.abs(), keep).view(-1, 1, 1, 1)
    return centred / torch.where(spread > TINY, spread, 1.0)
