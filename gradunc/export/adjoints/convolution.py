"""Adjoints of convolutions with respect to their input."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload

from gradunc.ops.adjoints import Convolution, convolution_adjoint

aten = torch.ops.aten


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
    if transposed:
        none = [0] * len(stride)
        found = aten.convolution.default(grad, weight, None, stride, padding, dilation, False, none, groups)
        return _cut(found, input), None, None
    how = Convolution(stride, padding, dilation, groups)
    return convolution_adjoint(grad, weight, input.shape[2:], how), None, None


def _cut(found: Tensor, like: Tensor) -> Tensor:
    """An output padding beyond the stride gives cells that no input has."""
    for axis in range(2, like.ndim):
        found = found.narrow(axis, 0, like.shape[axis])
    return found


ADJOINTS: dict[OpOverload, Callable[..., Any]] = {aten.convolution_backward.default: convolution_backward}
