"""Convolution blocks of decoders."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.brief import brief_repr


class Logits(NamedTuple):
    """What a decoder returns, finest scale first."""

    output: tuple[Tensor, ...]
    """(B,1,H/2^i,W/2^i) before the head's activation."""
    uncertainty: tuple[Tensor, ...] = ()
    """(B,C,H/2^i,W/2^i) of the uncertainty head, if the network has one."""
    extras: Mapping[str, Tensor] = {}
    """What else the prediction should hold, (B,C,h,w) each: see `DepthPrediction.extras`."""

    __repr__ = brief_repr


class ConvBlock(nn.Module):
    """3x3 convolution with reflected border, then ELU, then dropout of whole channels if there is any.

    `conv` pads by itself, so that its output is the published hook point: before the activation. The activation
    is out of place, or a gradient read at `conv` would silently be the one behind it (docs/methods.md A.9).

    Args:
        in_channels: of the input.
        out_channels: of the output.
        dropout: probability that a channel is set to 0 while training (docs/methods.md B.3).
    """

    def __init__(self, in_channels: int, out_channels: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.conv = conv3x3(in_channels, out_channels)
        self.activation = ELU()
        self.dropout = nn.Dropout2d(dropout) if dropout else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(B,C,h,w) -> (B,C',h,w)."""
        return self.dropout(self.activation(self.conv(x)))


class ELU(nn.Module):
    """x for x > 0, exp(x) - 1 below, out of place.

    PyTorch's own spends ten times longer on a CPU (a scalar expm1), which was half of this network's time.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Any shape -> the same shape."""
        return _FastELU.apply(x) if x.is_cpu else F.elu(x)  # pyright: ignore[reportReturnType]


class _FastELU(torch.autograd.Function):
    """max(x, exp(min(x, 0)) - 1): equal to ELU, because exp(x) - 1 >= x."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        below = x.clamp_max(0).exp_().sub_(1)
        return torch.maximum(x, below, out=below)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (output,) = ctx.saved_tensors
        return torch.ops.aten.elu_backward(gradients[0], 1.0, 1.0, 1.0, True, output)


class ReflectConv(nn.Conv2d):
    """3x3 convolution that keeps the size by reflecting the border; a map one cell wide is repeated instead."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(in_channels, out_channels, 3, padding=1, padding_mode="reflect")

    def forward(self, input: Tensor) -> Tensor:
        """(B,C,h,w) -> (B,C',h,w)."""
        if min(input.shape[-2:]) == 1:
            return F.conv2d(F.pad(input, (1, 1, 1, 1), mode="replicate"), self.weight, self.bias)
        return super().forward(input)


def conv3x3(in_channels: int, out_channels: int) -> nn.Conv2d:
    """3x3 convolution that keeps the size by reflecting the border."""
    return ReflectConv(in_channels, out_channels)
