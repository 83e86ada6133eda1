"""Difference to the prediction of the mirrored image, and the published mean of both ("Post").

Post-processing is of Godard et al., CVPR 2017; its difference as an uncertainty of Poggi et al., CVPR 2020
(docs/methods.md D.1).
"""

from typing import Any

import torch
from torch import Tensor, nn

from gradunc.uncertainty.interface import Parts
from gradunc.uncertainty.passes import mirrored
from gradunc.uncertainty.posthoc.base import Answer, Images, PassEstimator
from gradunc.uncertainty.posthoc.settings import FlipDifferenceSettings
from gradunc.uncertainty.posthoc.spaces import back

BORDER, RAMP = 0.05, 20.0
"""Share of the width at a border that belongs to one prediction alone, and the slope behind it (published)."""


class FlipDifference(PassEstimator):
    """Standard deviation of the two predictions: their difference over the root of 2. Two forward passes.

    Args:
        model: as for `GradientUncertainty`.
        space: quantity that is compared and blended.
        blend: give the published blend of both as depth, instead of the plain prediction.
    """

    def __init__(self, model: nn.Module, space: str = "disparity", *, blend: bool = False) -> None:
        super().__init__(model, space)
        self.blend = blend

    def options(self) -> dict[str, Any]:
        """See `PassEstimator`."""
        return {"blend": self.blend}

    def judge(self, images: Images) -> Answer:
        """See `PassEstimator`."""
        other = self.compared(mirrored(self.model, images.image, images.inputs).depth.detach(), images.zero)
        own = self.compared(images.depth, images.zero)
        std = (own - other).abs() / 2**0.5
        mixed = back(blended(own, other), self.output_space, self.space, images.zero) if self.blend else None
        return Answer(std, std.isfinite(), mixed)


def blended(own: Tensor, other: Tensor) -> Tensor:
    """The mean of both, but at the left border the mirrored prediction and at the right one the plain one.

    There the plain one has seen a part of the scene that the other camera of the training did not.

    Args:
        own: (B,1,H,W) of the image as it is.
        other: (B,1,H,W) of the mirrored image, mirrored back.
    """
    columns = torch.linspace(0, 1, own.shape[-1], dtype=own.dtype, device=own.device)
    left = 1 - (RAMP * (columns - BORDER)).clamp(0, 1)
    right = left.flip(0)
    return right * own + left * other + (1 - left - right) * (own + other) / 2


def flip_difference(settings: FlipDifferenceSettings, parts: Parts) -> FlipDifference:
    """The estimator of `method: flip_difference`."""
    return FlipDifference(parts.model, **settings.arguments())
