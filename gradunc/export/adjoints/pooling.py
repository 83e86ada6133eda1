"""Adjoints of pooling."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch._ops import OpOverload

from gradunc.export.adjoints.constants import constant

aten = torch.ops.aten


def avg_pool2d_backward(
    grad: Tensor,
    input: Tensor,
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    ceil_mode: bool,
    count_include_pad: bool,
    divisor: int | None,
) -> Tensor:
    """Every cell's share goes to its whole window: a transposed convolution with ones."""
    kernel, stride, padding = _pair(kernel), _pair(stride or kernel), _pair(padding)
    channels = input.shape[-3]
    shape = (1, 1, *input.shape[-2:])

    def cell_sizes() -> Tensor:
        ones = torch.ones(shape, dtype=grad.dtype, device=grad.device)
        sums = F.avg_pool2d(ones, kernel, stride, padding, ceil_mode, count_include_pad, 1)
        return sums / F.avg_pool2d(ones, kernel, stride, padding, ceil_mode, count_include_pad, divisor)

    shares = (grad if grad.ndim == 4 else grad[None]) / constant(cell_sizes)
    ones = constant(lambda: torch.ones(channels, 1, *kernel, dtype=grad.dtype, device=grad.device))
    whole = aten.convolution.default(shares, ones, None, stride, [0, 0], [1, 1], True, [0, 0], channels)
    found = _window(whole, padding, shape[-2:])
    return found if grad.ndim == 4 else found[0]


def _pair(value: Sequence[int]) -> list[int]:
    return [value[0], value[-1]]


def _window(whole: Tensor, start: Sequence[int], size: Sequence[int]) -> Tensor:
    """Cut to the input: the padding goes, cells that no window reached come as zeros."""
    lacking = [max(0, start[i] + size[i] - whole.shape[2 + i]) for i in (0, 1)]
    if any(lacking):
        whole = F.pad(whole, (0, lacking[1], 0, lacking[0]))
    return whole.narrow(2, start[0], size[0]).narrow(3, start[1], size[1])


def max_pool2d_with_indices_backward(
    grad: Tensor,
    input: Tensor,
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    ceil_mode: bool,
    indices: Tensor,
) -> Tensor:
    """Every gradient goes to where its maximum was."""
    zeros = torch.zeros_like(input).flatten(-2)
    return zeros.scatter_add(-1, indices.flatten(-2), grad.flatten(-2)).view(input.shape)


ADJOINTS: dict[OpOverload, Callable[..., Any]] = {
    aten.avg_pool2d_backward.default: avg_pool2d_backward,
    aten.max_pool2d_with_indices_backward.default: max_pool2d_with_indices_backward,
}
