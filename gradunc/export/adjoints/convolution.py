"""Adjoints of convolutions with respect to their input."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload

aten = torch.ops.aten


def flipped(weight: Tensor, groups: int) -> Tensor:
    """The kernel that carries gradients back: (O,I/g,k...) -> (I,O/g,k...), mirrored in space."""
    out_channels, in_channels, *kernel = weight.shape
    split = weight.reshape(groups, out_channels // groups, in_channels, *kernel).transpose(1, 2)
    return split.reshape(groups * in_channels, out_channels // groups, *kernel).flip(list(range(2, weight.ndim)))


def convolution_backward(
    grad: Tensor,
    input: Tensor,
    weight: Tensor,
    bias_sizes: Sequence[int] | None,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: int,
    output_mask: Sequence[bool],
) -> Any:
    """Gradient of the input; those of weight and bias are not rewritten."""
    if output_mask[1] or output_mask[2]:
        return NotImplemented
    none = [0] * len(stride)
    if transposed:
        found = aten.convolution.default(grad, weight, None, stride, padding, dilation, False, none, groups)
        return _cut(found, input), None, None
    kernel = weight.shape[2:]
    reach = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    around = [r - p for r, p in zip(reach, padding, strict=True)]
    if all(s == 1 for s in stride) and min(around) >= 0:
        found = aten.convolution.default(
            grad, flipped(weight, groups), None, stride, around, dilation, False, none, groups
        )
        return found, None, None
    # What a stride leaves over at the end of the input.
    rest = [
        size - ((count - 1) * s - 2 * p + r + 1)
        for size, count, s, p, r in zip(input.shape[2:], grad.shape[2:], stride, padding, reach, strict=True)
    ]
    found = aten.convolution.default(grad, weight, None, stride, padding, dilation, True, rest, groups)
    return found, None, None


def _cut(found: Tensor, like: Tensor) -> Tensor:
    """An output padding beyond the stride gives cells that no input has."""
    for axis in range(2, like.ndim):
        found = found.narrow(axis, 0, like.shape[axis])
    return found


ADJOINTS: dict[OpOverload, Callable[..., Any]] = {aten.convolution_backward.default: convolution_backward}
