"""Attention within windows, cell by cell: a second implementation."""

import torch
from torch import Tensor

SIDE = 7


def padded(x: Tensor) -> Tensor:
    """(h,w,C) -> (h',w',C), multiples of a window, zeros at the right and bottom."""
    height, width = (-(-length // SIDE) * SIDE for length in x.shape[:2])
    larger = x.new_zeros(height, width, x.shape[2])
    larger[: x.shape[0], : x.shape[1]] = x
    return larger


def part(rolled: int, length: int, shift: int) -> int:
    """Which stretch of an axis a rolled cell is from: inner windows, the last one's own cells, or the first cells."""
    if rolled < length - SIDE:
        return 0
    return 1 if rolled < length - shift else 2


def attention(query: Tensor, key: Tensor, value: Tensor, table: Tensor, shift: int) -> Tensor:
    """(H,W,C) each, H and W multiples of a window; table (169,heads) -> (H,W,C)."""
    height, width, channels = query.shape
    heads = table.shape[1]
    each = channels // heads
    windows: dict[tuple[int, int], list[tuple[int, int, int, int]]] = {}
    for row in range(height):
        for column in range(width):
            r, c = (row - shift) % height, (column - shift) % width
            windows.setdefault((r // SIDE, c // SIDE), []).append((row, column, r, c))
    result = torch.zeros_like(query)
    for cells in windows.values():
        rows, columns = [one[0] for one in cells], [one[1] for one in cells]
        for row, column, r, c in cells:
            offsets = [(r - other[2] + SIDE - 1) * (2 * SIDE - 1) + c - other[3] + SIDE - 1 for other in cells]
            own = (part(r, height, shift), part(c, width, shift))
            apart = [
                0.0 if not shift or own == (part(o[2], height, shift), part(o[3], width, shift)) else -100.0
                for o in cells
            ]
            for head in range(heads):
                span = slice(head * each, (head + 1) * each)
                affinity = key[rows, columns, span] @ query[row, column, span] / each**0.5
                affinity = affinity + table[offsets, head] + torch.tensor(apart, dtype=query.dtype)
                result[row, column, span] = affinity.softmax(0) @ value[rows, columns, span]
    return result
