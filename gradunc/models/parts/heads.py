"""From the decoder's last convolution to depth: what `model.head` names."""

import math
from collections.abc import Callable
from typing import Literal, cast

import torch
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.models.settings import ModelSettings
from gradunc.ops.disparity import depth_from_sigmoid, resize, resize_corners, resize_depth
from gradunc.types import OutputSpace

STEPS = 60
"""Halvings of an interval until nothing is left of it."""


class DisparityHead(nn.Module):
    """Sigmoid disparity s in (0,1); depth = 1 / (1/max + (1/min - 1/max) s) (Godard et al. 2019)."""

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


class SigmoidDepthHead(nn.Module):
    """Sigmoid in (0,1); depth = max_depth times it [m] (Depth Anything V2, metric; NeWCRFs)."""

    output_space = OutputSpace("depth", "metric")
    smallest = 1e-6
    """Share of `max_depth` below which the disparity grows no further when depth is resized."""

    def __init__(self, max_depth: float) -> None:
        super().__init__()
        self.max_depth = max_depth

    def forward(self, logit: Tensor) -> Tensor:
        """(B,1,h,w) -> share of `max_depth`, (B,1,h,w)."""
        return torch.sigmoid(logit)

    def depth(self, activation: Tensor) -> Tensor:
        """Share -> depth [m], (B,1,h,w)."""
        return self.max_depth * activation

    def resize(self, depth: Tensor, size: tuple[int, int]) -> Tensor:
        """Resize depth (B,1,h,w) through its disparity."""
        return resize_depth(depth.clamp_min(self.smallest * self.max_depth), size)

    def bias(self, depth: float) -> float:
        """The logit that gives this depth."""
        return math.log(depth / (self.max_depth - depth))


class InverseHead(nn.Module):
    """Disparity from ReLU and a least one; depth = 1 / (ReLU + 1 / max_depth) [m] (DPT, fine-tuned for metres)."""

    output_space = OutputSpace("depth", "metric")

    def __init__(self, max_depth: float) -> None:
        super().__init__()
        self.max_depth = max_depth
        self.limits = (None, max_depth)

    def forward(self, logit: Tensor) -> Tensor:
        """(B,1,h,w) -> disparity above the least one, (B,1,h,w) [1/m]."""
        return torch.relu(logit)

    def depth(self, activation: Tensor) -> Tensor:
        """That disparity -> depth [m], (B,1,h,w)."""
        return 1 / (activation + 1 / self.max_depth)

    def resize(self, depth: Tensor, size: tuple[int, int]) -> Tensor:
        """Resize depth (B,1,h,w) through its disparity."""
        return resize_depth(depth, size)

    def bias(self, depth: float) -> float:
        """The logit that gives this depth."""
        return 1 / depth - 1 / self.max_depth


class BinsHead(nn.Module):
    """Depth [m] that a decoder has made of bins, between two limits (AdaBins, PixelFormer).

    Args:
        min_depth: where the first bin begins [m].
        max_depth: where the last bin ends [m].
        bins: their number.
    """

    output_space = OutputSpace("depth", "metric")

    def __init__(self, min_depth: float, max_depth: float, bins: int) -> None:
        super().__init__()
        self.min_depth, self.max_depth, self.bins = min_depth, max_depth, bins

    def forward(self, depth: Tensor) -> Tensor:
        """(B,1,h,w) -> the same tensor."""
        return depth

    def depth(self, activation: Tensor) -> Tensor:
        """(B,1,h,w) -> the same tensor."""
        return activation

    def resize(self, depth: Tensor, size: tuple[int, int]) -> Tensor:
        """Resize depth (B,1,h,w) through its disparity."""
        return resize_depth(depth, size)

    def bias(self, depth: float) -> list[float]:
        """Logits of bins of equal width whose expectation is this depth: linear in the centres, by bisection."""
        centres = [(i + 0.5) / self.bins for i in range(self.bins)]
        wanted = (depth - self.min_depth) / (self.max_depth - self.min_depth)
        low, high = -float(self.bins), float(self.bins)
        for _ in range(STEPS):
            middle = (low + high) / 2
            weights = [math.exp(middle * (centre - (middle > 0))) for centre in centres]
            mean = sum(w * centre for w, centre in zip(weights, centres, strict=True)) / sum(weights)
            low, high = (middle, high) if mean < wanted else (low, middle)
        return [low * centre for centre in centres]


class RelativeHead(nn.Module):
    """Disparity >= 0 up to a factor and a shift: ReLU (MiDaS, DPT, Depth Anything). No depth follows from it."""

    output_space = OutputSpace("disparity", "affine")
    start = 1.0
    """The logit that an untrained network begins with: where a ReLU is 0 everywhere, nothing is ever learned."""

    def forward(self, logit: Tensor) -> Tensor:
        """(B,1,h,w) -> disparity (B,1,h,w)."""
        return torch.relu(logit)

    def depth(self, activation: Tensor) -> Tensor:
        """What the network predicts stays in its own space: the same tensor."""
        return activation

    def resize(self, depth: Tensor, size: tuple[int, int]) -> Tensor:
        """Resize disparity (B,1,h,w) as it is."""
        return resize(depth, size)

    def bias(self, depth: float) -> float:
        """Raise `InputError`: no such disparity is a depth."""
        raise InputError(f"model.initial_depth={depth}: model.head=relative gives no depth; omit it")


class UpsampledHead(nn.Module):
    """Another head behind a decoder that stops early: its ACTIVATION is resized bilinearly to the image's size.

    Args:
        head: what the logits go through.
        factor: by which a side of the activation grows.
        corners: whether the centres of the corners stay where they are; otherwise all centres are half a pixel away
            from the border (`resize`).
    """

    def __init__(self, head: "Head", factor: int, *, corners: bool = False) -> None:
        super().__init__()
        self.head, self.factor = head, factor
        self.resize_activation = resize_corners if corners else resize
        self.output_space, self.limits = head.output_space, getattr(head, "limits", None)
        self.start: float | None = getattr(head, "start", None)

    def forward(self, logit: Tensor) -> Tensor:
        """(B,1,h,w) -> activation (B,1,f*h,f*w)."""
        size = (self.factor * logit.shape[-2], self.factor * logit.shape[-1])
        return self.resize_activation(self.head(logit), size)

    def depth(self, activation: Tensor) -> Tensor:
        """As of the head inside."""
        return self.head.depth(activation)

    def resize(self, depth: Tensor, size: tuple[int, int]) -> Tensor:
        """As of the head inside."""
        return self.head.resize(depth, size)

    def bias(self, depth: float) -> float | list[float]:
        """As of the head inside."""
        return self.head.bias(depth)


Head = DisparityHead | LinearDepthHead | SigmoidDepthHead | InverseHead | BinsHead | RelativeHead | UpsampledHead


def _disparity(settings: ModelSettings) -> Head:
    ambiguity = cast(Literal["metric", "scale", "affine"], settings.ambiguity)
    return DisparityHead(*settings.depth_range, OutputSpace("depth", ambiguity))


_MAKERS: dict[str, Callable[[ModelSettings], Head]] = {
    "disparity": _disparity,
    "depth": lambda settings: LinearDepthHead(),
    "sigmoid_depth": lambda settings: SigmoidDepthHead(settings.depth_range[1]),
    "inverse": lambda settings: InverseHead(settings.depth_range[1]),
    "relative": lambda settings: RelativeHead(),
}


def head_of(settings: ModelSettings) -> Head:
    """The head that settings ask for."""
    return _MAKERS[settings.head](settings)
