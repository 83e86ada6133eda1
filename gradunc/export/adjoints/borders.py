"""Adjoints of padding and cutting: what was copied is added, what was cut off comes back as zeros."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload

aten = torch.ops.aten

Share = Callable[[Tensor, int, int], Tensor]
"""(gradient of a border of w cells, axis, w) -> what it adds to the cells from the edge inwards."""


def _fold(grad: Tensor, size: int, axis: int, before: int, after: int, skip: int) -> Tensor:
    """Add both borders along one axis to the cells they were copied from.

    Args:
        grad: over the padded tensor.
        size: cells along the axis without padding.
        axis: which.
        before: cells of padding in front.
        after: behind.
        skip: 1 for reflection, which does not repeat the edge; 0 for replication, all of whose cells are the edge.
    """
    low, high = grad.narrow(axis, 0, before), grad.narrow(axis, before + size, after)
    if skip:
        low, high = _mirrored(low, axis), _mirrored(high, axis)
    else:
        low, high = _summed(low, axis), _summed(high, axis)
    start, end = low.shape[axis], high.shape[axis]

    def inside(first: int, count: int) -> Tensor:
        return grad.narrow(axis, before + first, count)

    if start + end + 2 * skip > size:
        return inside(0, size) + _placed(low, size, axis, skip) + _placed(high, size, axis, size - skip - end)
    # Only the touched cells are added to: a copy is cheaper than an addition of mostly zeros.
    parts = [
        inside(0, skip),
        inside(skip, start) + low,
        inside(skip + start, size - start - end - 2 * skip),
        inside(size - skip - end, end) + high,
        inside(size - skip, skip),
    ]
    return torch.cat([part for part in parts if part.shape[axis]], axis)


def _mirrored(border: Tensor, axis: int) -> Tensor:
    return border.flip(axis) if border.shape[axis] > 1 else border


def _summed(border: Tensor, axis: int) -> Tensor:
    return border.sum(axis, keepdim=True) if border.shape[axis] > 1 else border


def _placed(part: Tensor, size: int, axis: int, start: int) -> Tensor:
    """Zeros along `axis` but for `part` from `start` on."""
    if not part.shape[axis]:
        return torch.zeros((), dtype=part.dtype, device=part.device)
    return _with_zeros(part, axis, start, size - start - part.shape[axis])


def _with_zeros(part: Tensor, axis: int, before: int, after: int) -> Tensor:
    padding = [0, 0] * (part.ndim - 1 - axis % part.ndim) + [before, after]
    return aten.constant_pad_nd.default(part, padding, 0.0)


def _unpad(grad: Tensor, input: Tensor, padding: Sequence[int], skip: int) -> Any:
    """Fold every padded axis, the last first, as `padding` counts them."""
    if min(padding) < 0:
        return NotImplemented
    for i in range(len(padding) // 2):
        axis = grad.ndim - 1 - i
        before, after = padding[2 * i], padding[2 * i + 1]
        if before or after:
            grad = _fold(grad, input.shape[axis], axis, before, after, skip)
    return grad


def reflection_pad_backward(grad: Tensor, input: Tensor, padding: Sequence[int]) -> Any:
    """Border fold: cell i in front of the edge goes to cell i behind it."""
    return _unpad(grad, input, padding, 1)


def replication_pad_backward(grad: Tensor, input: Tensor, padding: Sequence[int]) -> Any:
    """The whole border goes to the edge."""
    return _unpad(grad, input, padding, 0)


def constant_pad(input: Tensor, padding: Sequence[int], value: float = 0.0) -> Any:
    """Negative padding, the adjoint of padding, as a cut; real padding stays."""
    if min(padding, default=0) >= 0:
        return NotImplemented
    for i in range(len(padding) // 2):
        axis = input.ndim - 1 - i
        before, after = (max(0, -padding[2 * i + side]) for side in (0, 1))
        input = input.narrow(axis, before, input.shape[axis] - before - after)
    grown = [max(0, width) for width in padding]
    return aten.constant_pad_nd.default(input, grown, value) if any(grown) else input


def slice_scatter(
    input: Tensor, source: Tensor, axis: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Any:
    """Cells written in place, as the parts before, in and behind them; exporters make a slow scatter of it."""
    if step != 1:
        return NotImplemented
    size = input.shape[axis]
    first = min(max((start or 0) + (size if (start or 0) < 0 else 0), 0), size)
    last = first + source.shape[axis]
    parts = [input.narrow(axis, 0, first), source, input.narrow(axis, last, size - last)]
    return torch.cat([part for part in parts if part.shape[axis]], axis)


def slice_backward(grad: Tensor, sizes: Sequence[int], axis: int, start: int, end: int, step: int) -> Tensor:
    """Zeros outside the slice and between its steps."""
    axis %= len(sizes)
    size, count = sizes[axis], grad.shape[axis]
    start = min(start + size if start < 0 else start, size)
    if step > 1 and count:
        spread = _with_zeros(grad.unsqueeze(axis + 1), axis + 1, 0, step - 1)
        grad = spread.flatten(axis, axis + 1).narrow(axis, 0, (count - 1) * step + 1)
    return _with_zeros(grad, axis, start, size - start - grad.shape[axis])


def select_backward(grad: Tensor, sizes: Sequence[int], axis: int, index: int) -> Tensor:
    """Zeros but for one place."""
    axis %= len(sizes)
    index %= sizes[axis]
    return _with_zeros(grad.unsqueeze(axis), axis, index, sizes[axis] - index - 1)


ADJOINTS: dict[OpOverload, Callable[..., Any]] = {
    aten.reflection_pad1d_backward.default: reflection_pad_backward,
    aten.reflection_pad2d_backward.default: reflection_pad_backward,
    aten.reflection_pad3d_backward.default: reflection_pad_backward,
    aten.replication_pad1d_backward.default: replication_pad_backward,
    aten.replication_pad2d_backward.default: replication_pad_backward,
    aten.replication_pad3d_backward.default: replication_pad_backward,
    aten.constant_pad_nd.default: constant_pad,
    aten.slice_scatter.default: slice_scatter,
    aten.slice_backward.default: slice_backward,
    aten.select_backward.default: select_backward,
}
