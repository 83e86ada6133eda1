"""Where the titles, pictures and colour bars of a panel lie, and the size that its pictures have."""

import math
import textwrap
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradunc.errors import InputError
from gradunc.visualization.distrust import nearest
from gradunc.visualization.style import printable
from gradunc.visualization.tiles import Tile

WIDEST = 960
"""The widest tile [px]: two and their bars fit on a screen. Larger pictures are shrunk by a whole factor."""
NARROWEST = 400
"""Narrower tiles are enlarged by a whole factor; a column is never narrower, so that titles have room [px]."""
TALLEST = 1200
"""Higher tiles are shrunk, and none is enlarged beyond it: an image of one column would fill the memory [px]."""
LINE, LETTER = 20, 9.0
"""Height of a line and mean width of a letter of a title [px]."""
GAP, BAR_GAP, BAR_WIDTH, BAR_TEXT, MARGIN = 10, 10, 16, 62, 12
"""Below a title; gap, width and numbers of the colour bar; border of the picture [px]."""
COLUMNS = 2


class Row(NamedTuple):
    """The titles of one row of tiles."""

    top: int
    titles: list[list[str]]
    """Lines of each tile."""
    height: int
    """Of the titles [px]."""


class Layout(NamedTuple):
    """Where everything of a panel lies [px]."""

    full: tuple[int, int]
    """(width, height) of the panel."""
    lines: list[str]
    """Of the head."""
    rows: list[Row]
    places: list[tuple[int, int]]
    """(left, top) of the picture of each tile."""
    size: tuple[int, int]
    """(height, width) that every tile is brought to, before it is shrunk or enlarged into the limits."""


def layout_of(tiles: Sequence[Tile | None], head: Sequence[str] = ()) -> Layout:
    """Where `panel` puts things.

    Raises:
        InputError: there is no tile, or the first place is empty.
    """
    if not tiles or tiles[0] is None:
        raise InputError("a panel needs at least one tile")
    size = (tiles[0].pixels.shape[0], tiles[0].pixels.shape[1])
    height, width = fitted(tiles[0].pixels, size).shape[:2]
    columns = min(len(tiles), COLUMNS)
    step = max(width, NARROWEST) + BAR_GAP + BAR_WIDTH + BAR_TEXT
    full_width = columns * step + MARGIN
    lines = [part for line in head for part in _broken(line, full_width - 2 * MARGIN)]
    rows = _rows(tiles, columns, step, len(lines) * LINE + (GAP if lines else 0), height)
    full = (full_width, rows[-1].top + rows[-1].height + height + MARGIN)
    tops = [row.top + row.height for row in rows]
    places = [(MARGIN + index % columns * step, tops[index // columns]) for index in range(len(tiles))]
    return Layout(full, lines, rows, places, size)


def fitted(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Bring (h,w,3) to a size, then shrink or enlarge by a whole factor into the limits."""
    height, width = size
    pixels = nearest(pixels, size)
    if width > WIDEST or height > TALLEST:
        return _shrink(pixels, max(math.ceil(width / WIDEST), math.ceil(height / TALLEST)))
    factor = min(math.ceil(NARROWEST / width), TALLEST // height)
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def _rows(tiles: Sequence[Tile | None], columns: int, step: int, top: int, height: int) -> list[Row]:
    """Where the rows begin; the titles of a row end at one height."""
    rows = []
    for first in range(0, len(tiles), columns):
        titles = [_broken(tile.title if tile else "", step - MARGIN) for tile in tiles[first : first + columns]]
        rows.append(Row(top, titles, LINE * max(map(len, titles)) + GAP))
        top += rows[-1].height + height
    return rows


def _broken(text: str, width: float) -> list[str]:
    """Lines that are about as wide [px]."""
    return textwrap.wrap(printable(text), int(width / LETTER)) or [""]


def _shrink(pixels: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Mean over blocks of factor x factor pixels; an incomplete block at the border is left out."""
    height, width = (max(1, size // factor) for size in pixels.shape[:2])
    blocks = pixels[: height * factor, : width * factor].reshape(height, -1, width, factor, 3)
    return np.round(blocks.mean(axis=(1, 3))).astype(np.uint8)
