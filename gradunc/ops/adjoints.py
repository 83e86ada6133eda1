"""Adjoints of linear operations, written as ordinary forward operations.

Both readers of gradients use them: autograd, which keeps less for them than for its own, and exported graphs, whose
runtimes have no autograd.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


class Convolution(NamedTuple):
    """How a convolution over n axes is taken, as in `torch.conv2d`; n numbers each."""

    stride: Sequence[int]
    padding: Sequence[int]
    dilation: Sequence[int]
    groups: int


def convolution_adjoint(
    gradient: Tensor, weight: Tensor, size: Sequence[int], how: Convolution, *, channels_last: bool = False
) -> Tensor:
    """The adjoint of a convolution with respect to its input.

    With stride 1 it is the convolution with the mirrored kernel, input and output channels exchanged, which libraries
    and runtimes run faster than their own backward pass; otherwise a transposed convolution.

    Args:
        gradient: (B,C',h',...) with respect to the output.
        weight: (C',C/groups,k,...).
        size: of the input: height, width, ...
        how: of the convolution.
        channels_last: whether the result should have that layout, as the input had (two axes).

    Returns:
        (B,C,*size).
    """
    stride, padding, dilation, groups = how
    reach = [d * (k - 1) for d, k in zip(dilation, weight.shape[2:], strict=True)]
    around = [r - p for r, p in zip(reach, padding, strict=True)]
    none = [0] * len(reach)
    if all(step == 1 for step in stride) and min(around) >= 0:
        kernel = mirrored(weight, groups)
        if channels_last:
            # The gradient cannot hand the layout on if it has one channel, for which both layouts look the same.
            kernel = kernel.permute(0, 2, 3, 1).clone(memory_format=torch.contiguous_format).permute(0, 3, 1, 2)
        return torch.convolution(gradient, kernel, None, stride, around, dilation, False, none, groups)
    # What a stride leaves over at the end of the input.
    rest = [
        length - ((count - 1) * s - 2 * p + r + 1)
        for length, count, s, p, r in zip(size, gradient.shape[2:], stride, padding, reach, strict=True)
    ]
    return torch.convolution(gradient, weight, None, stride, padding, dilation, True, rest, groups)


def mirrored(weight: Tensor, groups: int) -> Tensor:
    """The kernel that carries gradients back: (O,I/g,k,...) -> (I,O/g,k,...), mirrored in space."""
    out_channels, in_channels, *kernel = weight.shape
    split = weight.reshape(groups, out_channels // groups, in_channels, *kernel).transpose(1, 2)
    return split.reshape(groups * in_channels, out_channels // groups, *kernel).flip(list(range(2, weight.ndim)))


def padding_adjoint(gradient: Tensor, padding: Sequence[int], mode: Literal["reflect", "replicate"]) -> Tensor:
    """The adjoint of a pad that copies cells: what was copied is added to the cells that it came from.

    Args:
        gradient: (...,h,w) with respect to the padded tensor.
        padding: cells in front of and behind the last axis, then the one before it, ..., as in `F.pad`; none negative.
        mode: of the pad.

    Returns:
        (...) without the padding.
    """
    for i in reversed(range(len(padding) // 2)):
        before, after = padding[2 * i], padding[2 * i + 1]
        if before or after:
            gradient = _fold(gradient, gradient.ndim - 1 - i, before, after, 1 if mode == "reflect" else 0)
    return gradient


def narrow_adjoint(gradient: Tensor, axis: int, before: int, after: int) -> Tensor:
    """The adjoint of cutting cells off along an axis: they come back as zeros."""
    return F.pad(gradient, [0, 0] * (gradient.ndim - 1 - axis % gradient.ndim) + [before, after])


def _fold(gradient: Tensor, axis: int, before: int, after: int, skip: int) -> Tensor:
    """Add both borders along one axis to the cells that they were copied from.

    Args:
        gradient: with respect to the padded tensor.
        axis: which.
        before: cells of padding in front.
        after: behind.
        skip: 1 for reflection, which does not repeat the edge; 0 for replication, all of whose cells are the edge.
    """
    size = gradient.shape[axis] - before - after
    low, high = gradient.narrow(axis, 0, before), gradient.narrow(axis, before + size, after)
    low, high = (border.flip(axis) if skip else _summed(border, axis) for border in (low, high))
    start, end = low.shape[axis], high.shape[axis]

    def inside(first: int, count: int) -> Tensor:
        return gradient.narrow(axis, before + first, count)

    if start + end + 2 * skip > size:
        total = inside(0, size)
        for border, first in ((low, skip), (high, size - skip - end)):
            if border.shape[axis]:
                total = total + narrow_adjoint(border, axis, first, size - first - border.shape[axis])
        return total
    # Only the touched cells are added to: a copy is cheaper than an addition of mostly zeros.
    parts = [
        inside(0, skip),
        inside(skip, start) + low,
        inside(skip + start, size - start - end - 2 * skip),
        inside(size - skip - end, end) + high,
        inside(size - skip, skip),
    ]
    return torch.cat([part for part in parts if part.shape[axis]], axis)


def _summed(border: Tensor, axis: int) -> Tensor:
    return border.sum(axis, keepdim=True) if border.shape[axis] > 1 else border
