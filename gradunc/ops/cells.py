"""Cells of several pixels: averages over them, and back to pixels."""

import torch
import torch.nn.functional as F
from torch import Tensor


def averaged(maps: Tensor, keep: Tensor | None, cell: int) -> Tensor:
    """Mean over the pixels of each cell that count, 0 where none does: (...,H,W) -> (...,ceil(H/cell),ceil(W/cell)).

    Args:
        maps: of the image's size.
        keep: bool, of the same shape, True = counts; None = all.
        cell: pixels along a side; the last row and column of cells may hold fewer.
    """
    everything = torch.ones_like(maps, dtype=torch.bool) if keep is None else keep
    total, count = (_summed(one, cell) for one in (torch.where(everything, maps, 0.0), everything.to(maps.dtype)))
    return total / count.clamp_min(1)


def any_of(keep: Tensor, cell: int) -> Tensor:
    """Cells of which at least one pixel counts: bool (...,H,W) -> bool (...,ceil(H/cell),ceil(W/cell))."""
    return _summed(keep.float(), cell) > 0


def spread(cells: Tensor, cell: int, size: tuple[int, int]) -> Tensor:
    """Each number for all pixels of its cell: (B,C,ceil(H/cell),ceil(W/cell)) -> (B,C,H,W), `size` = (H, W)."""
    return F.interpolate(cells, scale_factor=float(cell), mode="nearest")[..., : size[0], : size[1]]


def _summed(maps: Tensor, cell: int) -> Tensor:
    rows, columns = (-side % cell for side in maps.shape[-2:])
    padded = F.pad(maps, (0, columns, 0, rows))
    return padded.unflatten(-1, (-1, cell)).sum(-1).unflatten(-2, (-1, cell)).sum(-2)


def sampled(maps: Tensor, about: int) -> Tensor:
    """Every n-th row and column, so that about as many pixels are left: (...,H,W) -> (...,h,w).

    >>> sampled(torch.zeros(1, 1, 40, 60), 24).shape
    torch.Size([1, 1, 4, 6])
    """
    step = max(1, int((maps.shape[-2] * maps.shape[-1] / about) ** 0.5))
    return maps[..., ::step, ::step]
