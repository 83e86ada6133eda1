"""Multi-scale matching of depth gradients: sharp edges where the truth has them, smooth where it has none."""

import torch
from torch import Tensor

from gradunc.losses.inputs import TRUTH, LossInputs, TermResult
from gradunc.losses.pairs import pair
from gradunc.ops.masked import mean_over_known

STRIDES = (1, 2, 4, 8)
"""Of the pixels that are looked at, on the four scales."""


def gradient_matching(residual: Tensor, keep: Tensor, weights: Tensor | None = None) -> Tensor:
    """Sum over four scales of (|dx R| + |dy R|) / M, M = valid pixels of that scale; averaged over images.

    Li & Snavely 2018 (MegaDepth) for log depth, Ranftl et al. 2020 (MiDaS) for disparity. Scales are every 1st, 2nd,
    4th and 8th pixel; differences are between neighbours of a scale that are both valid.

    Args:
        residual: (B,1,H,W) prediction minus truth, 0 where not kept.
        keep: (B,1,H,W) bool.
        weights: (B,) how much each image counts; None = all alike.
    """
    total = residual.new_zeros(())
    for stride in STRIDES:
        values, known = residual[..., ::stride, ::stride], keep[..., ::stride, ::stride]
        sums = values.new_zeros(len(values))
        for axis in (2, 3):
            length = values.shape[axis] - 1
            both = known.narrow(axis, 1, length) & known.narrow(axis, 0, length)
            sums = sums + torch.where(both, values.diff(dim=axis).abs(), 0.0).flatten(1).sum(1)
        total = total + mean_over_known(sums / known.flatten(1).sum(1).clamp_min(1), known, weights)
    return total


class GradientMatching:
    """Gradient matching of log depth, which no factor on the prediction changes: a companion of `eigen` or `silog`."""

    needs = TRUTH
    head = ""

    def __call__(self, inputs: LossInputs, scale: int) -> TermResult:
        """Value at one scale; 0 for a batch without two valid neighbours."""
        maps = pair(inputs, scale)
        return TermResult(gradient_matching(maps.log_error, maps.keep))
