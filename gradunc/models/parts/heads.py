"""From the decoder's last convolution to depth: sigmoid disparity, or depth in metres."""

import math
from typing import Literal, cast

import torch
from torch import Tensor, nn

from gradunc.models.settings import ModelSettings
from gradunc.ops.disparity import depth_from_sigmoid, resize, resize_depth
from gradunc.types import OutputSpace


class DisparityHead(nn.Module):
    """Sigmoid disparity s in (0,1); depth = 1 / (1/max + (1/min - 1/max) s) (Godard et al. 2019)."""

    positive = True

    def __init__(self, min_depth: float, max_depth: float, output_space: OutputSpace) -> None:
        super().__init__()
        self.min_depth, self.max_depth = min_depth, max_depth
        self.output_space = output_space

    def forward(self, logit: Tensor) -> Tensor:
        """(B,1,h,w) -> sigmoid disparity (B,1,h,w)."""
        return torch.sigmoid(logit)

    def depth(self, activation: Tensor) -> Tensor:
        """Sigmoid disparity -> depth, (B,1,h,w)."""
        return depth_from_sigmoid(activation, self.min_depth, self.max_depth)

    def resize(self, depth: Tensor, size: tuple[int, int]) -> Tensor:
        """Resize depth (B,1,h,w) through its disparity."""
        return resize_depth(depth, size)

    def bias(self, depth: float) -> float:
        """The logit that gives this depth: the start of an untrained network."""
        low, high = 1 / self.max_depth, 1 / self.min_depth
        sigmoid = (1 / depth - low) / (high - low)
        return math.log(sigmoid / (1 - sigmoid))


class LinearDepthHead(nn.Module):
    """Depth in metres without activation (supervised networks of GrUMoDepth); may be <= 0: metrics clamp."""

    output_space = OutputSpace("depth", "metric")
    positive = False

    def forward(self, logit: Tensor) -> Tensor:
        """(B,1,h,w) -> the same tensor."""
        return logit

    def depth(self, activation: Tensor) -> Tensor:
        """(B,1,h,w) -> the same tensor."""
        return activation

    def resize(self, depth: Tensor, size: tuple[int, int]) -> Tensor:
        """Resize depth (B,1,h,w) as it is: it may cross zero, where disparity has a pole."""
        return resize(depth, size)

    def bias(self, depth: float) -> float:
        """The output that is this depth."""
        return depth


Head = DisparityHead | LinearDepthHead


def head_of(settings: ModelSettings) -> Head:
    """The head that settings ask for."""
    if settings.head == "depth":
        return LinearDepthHead()
    ambiguity = cast(Literal["metric", "scale", "affine"], settings.ambiguity)
    return DisparityHead(*settings.depth_range, OutputSpace("depth", ambiguity))
