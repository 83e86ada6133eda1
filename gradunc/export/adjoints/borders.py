"""Adjoints of padding and cutting: what was copied is added, what was cut off comes back as zeros."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload

from gradunc.ops.adjoints import narrow_adjoint, padding_adjoint

aten = torch.ops.aten


def reflection_pad_backward(grad: Tensor, input: Tensor, padding: Sequence[int]) -> Any:
    """Border fold: cell i in front of the edge goes to cell i behind it."""
    return NotImplemented if min(padding) < 0 else padding_adjoint(grad, padding, "reflect")


def replication_pad_backward(grad: Tensor, input: Tensor, padding: Sequence[int]) -> Any:
    """The whole border goes to the edge."""
    return NotImplemented if min(padding) < 0 else padding_adjoint(grad, padding, "replicate")


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
        spread = narrow_adjoint(grad.unsqueeze(axis + 1), axis + 1, 0, step - 1)
        grad = spread.flatten(axis, axis + 1).narrow(axis, 0, (count - 1) * step + 1)
    return narrow_adjoint(grad, axis, start, size - start - grad.shape[axis])


def select_backward(grad: Tensor, sizes: Sequence[int], axis: int, index: int) -> Tensor:
    """Zeros but for one place."""
    axis %= len(sizes)
    index %= sizes[axis]
    return narrow_adjoint(grad.unsqueeze(axis), axis, index, sizes[axis] - index - 1)


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
