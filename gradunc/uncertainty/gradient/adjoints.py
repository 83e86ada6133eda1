"""Adjoints of the linear operations of a decoder, written as ordinary forward operations."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


class Settings(NamedTuple):
    """Of a convolution, as in `torch.conv2d`; (height, width) each."""

    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]
    groups: int


def input_gradient(
    gradient: Tensor, weight: Tensor, size: tuple[int, int], settings: Settings, channels_last: bool = False
) -> Tensor:
    """The adjoint of a convolution with respect to its input.

    With stride 1 it is the convolution with the flipped kernel, input and output channels exchanged, which the
    libraries run faster than their own backward pass; otherwise a transposed convolution.

    Args:
        gradient: (B,C',h',w') with respect to the output.
        weight: (C',C/groups,k,k).
        size: height and width of the input.
        settings: of the convolution.
        channels_last: the layout of the input, which the result should have too.

    Returns:
        (B,C,*size).
    """
    stride, padding, dilation, groups = settings
    reach = [dilation[i] * (weight.shape[2 + i] - 1) for i in (0, 1)]
    border = [reach[i] - padding[i] for i in (0, 1)]
    if stride == (1, 1) and groups == 1 and min(border) >= 0:
        return F.conv2d(gradient, _flipped(weight, channels_last), None, 1, border, dilation)
    rest = [size[i] - ((gradient.shape[2 + i] - 1) * stride[i] - 2 * padding[i] + reach[i] + 1) for i in (0, 1)]
    return F.conv_transpose2d(gradient, weight, None, stride, padding, rest, groups, dilation)


def _flipped(weight: Tensor, channels_last: bool) -> Tensor:
    """(C',C,k,k) -> (C,C',k,k), turned by 180 degrees, in a layout that the convolution hands on to its output.

    The gradient itself cannot hand it on if it has one channel, for which both layouts look the same.
    """
    flipped = weight.flip(2, 3)
    if channels_last:
        return flipped.permute(1, 2, 3, 0).clone(memory_format=torch.contiguous_format).permute(0, 3, 1, 2)
    return flipped.transpose(0, 1).contiguous()


def fold_border(gradient: Tensor, border: tuple[int, int, int, int]) -> Tensor:
    """The adjoint of a reflecting pad: (B,C,h,w) with a border -> without it.

    Args:
        gradient: with respect to the padded map.
        border: left, right, top and bottom cells, as in `F.pad`.
    """
    left, right, top, bottom = border
    return _fold(_fold(gradient, -2, top, bottom), -1, left, right)


def _fold(gradient: Tensor, axis: int, before: int, after: int) -> Tensor:
    """Add both borders along an axis to the cells that they mirror, and cut them off."""
    if not before and not after:
        return gradient
    length = gradient.shape[axis] - before - after
    inner = gradient.narrow(axis, before, length).clone()
    if before:
        inner.narrow(axis, 1, before).add_(gradient.narrow(axis, 0, before).flip(axis))
    if after:
        inner.narrow(axis, length - 1 - after, after).add_(gradient.narrow(axis, before + length, after).flip(axis))
    return inner
