"""Edge-aware smoothness of the disparity (Godard et al. 2017, 2019; docs/methods.md F.3)."""

import torch.nn.functional as F
from torch import Tensor

from gradunc.losses.inputs import LossInputs, Need, TermResult


def smoothness(disparity: Tensor, image: Tensor) -> Tensor:
    """Mean |gradient| of the mean-normalised disparity, weighted by exp(-|image gradient|): a scalar.

    Args:
        disparity: (B,1,h,w) sigmoid disparity, not depth.
        image: (B,3,h,w) at the same resolution.
    """
    normalised = disparity / (disparity.mean((2, 3), keepdim=True) + 1e-7)
    total = normalised.new_zeros(())
    for axis in (2, 3):
        edge = image.diff(dim=axis).abs().mean(1, keepdim=True)
        total = total + (normalised.diff(dim=axis).abs() * (-edge).exp()).mean()
    return total


class Smoothness:
    """Smoothness at the scale's own resolution, halved at every coarser scale."""

    needs: frozenset[Need] = frozenset()
    head = ""

    def __call__(self, inputs: LossInputs, scale: int) -> TermResult:
        """Value at one scale; the image is resized to it by area."""
        disparity = inputs.prediction.scales[scale]
        image = F.interpolate(inputs.sample["image"], disparity.shape[-2:], mode="area")
        return TermResult(smoothness(disparity, image) / 2**scale)
