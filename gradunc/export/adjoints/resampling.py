"""Adjoints of resizing. Every resize here is one matrix per axis, so its adjoint is the transposed matrices.

Integer factors of nearest neighbours are a sum over blocks, which costs a runtime next to nothing.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch._ops import OpOverload

from gradunc.export.adjoints.constants import constant

aten = torch.ops.aten

Resize = Callable[[Tensor], Tensor]
"""(1,n,n,2) -> (1,n,N,2): one axis of a resize, applied to height."""


def _back(grad: Tensor, axis: int, count: int, resize: Resize) -> Tensor:
    """Multiply one axis of the gradient with the transpose of what `resize` does to `count` cells."""

    def matrix() -> Tensor:
        # In float64: the coordinates of a large map need it, and a network in float64 too.
        # Two equal columns: PyTorch's antialiased resize is wrong for a width of one.
        cells = torch.eye(count, dtype=torch.float64, device=grad.device).view(1, count, count, 1)
        return resize(cells.expand(-1, -1, -1, 2).contiguous())[0, :, :, 0].to(grad.dtype)

    transposed = constant(matrix)  # (count, N)
    if axis == -2:
        return transposed @ grad
    return grad @ constant(lambda: transposed.t().contiguous())


def _rows_and_columns(grad: Tensor, input_size: Sequence[int], resizes: Sequence[Resize]) -> Tensor:
    for axis, resize in zip((-1, -2), resizes[::-1], strict=True):
        if grad.shape[axis] != input_size[axis]:
            grad = _back(grad, axis, input_size[axis], resize)
    return grad


def upsample_nearest2d_backward(
    grad: Tensor,
    output_size: Sequence[int],
    input_size: Sequence[int],
    scale_height: float | None = None,
    scale_width: float | None = None,
) -> Tensor:
    """Sum over the pixels that copied a cell."""
    factors = [output_size[i] // input_size[2 + i] for i in (0, 1)]
    scales = (scale_height, scale_width)
    exact = all(output_size[i] == factors[i] * input_size[2 + i] for i in (0, 1))
    if exact and all(scales[i] in (None, float(factors[i])) for i in (0, 1)):
        return F.avg_pool2d(grad, factors) * (factors[0] * factors[1])
    return _rows_and_columns(
        grad,
        input_size,
        [
            lambda cells, n=n, scale=scale: aten.upsample_nearest2d.default(cells, [n, 2], scale, None)
            for n, scale in zip(output_size, scales, strict=True)
        ],
    )


def _smooth(operator: OpOverload) -> Callable[..., Tensor]:
    """Adjoint of a resize that has `align_corners`."""

    def adjoint(
        grad: Tensor,
        output_size: Sequence[int],
        input_size: Sequence[int],
        align_corners: bool,
        scale_height: float | None = None,
        scale_width: float | None = None,
    ) -> Tensor:
        return _rows_and_columns(
            grad,
            input_size,
            [
                lambda cells, n=n, scale=scale: operator(cells, [n, 2], align_corners, scale, None)
                for n, scale in zip(output_size, (scale_height, scale_width), strict=True)
            ],
        )

    return adjoint


def adaptive_avg_pool2d_backward(grad: Tensor, input: Tensor) -> Tensor:
    """Mean over blocks of unequal size: one matrix per axis too."""
    return _rows_and_columns(
        grad,
        input.shape,
        [lambda cells, n=n: F.adaptive_avg_pool2d(cells, (n, 2)) for n in grad.shape[-2:]],
    )


ADJOINTS: dict[OpOverload, Callable[..., Any]] = {
    aten.upsample_nearest2d_backward.default: upsample_nearest2d_backward,
    aten.upsample_bilinear2d_backward.default: _smooth(aten.upsample_bilinear2d.default),
    aten.upsample_bicubic2d_backward.default: _smooth(aten.upsample_bicubic2d.default),
    aten._upsample_bilinear2d_aa_backward.default: _smooth(aten._upsample_bilinear2d_aa.default),
    aten._upsample_bicubic2d_aa_backward.default: _smooth(aten._upsample_bicubic2d_aa.default),
    aten._adaptive_avg_pool2d_backward.default: adaptive_avg_pool2d_backward,
}
