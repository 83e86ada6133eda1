"""Tiles in two columns, in one picture with a head, titles and colour bars."""

import math
import textwrap
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, ScalarFormatter
from numpy.typing import NDArray

from gradunc.errors import InputError
from gradunc.visualization.canvas import render
from gradunc.visualization.distrust import nearest
from gradunc.visualization.style import DPI, SMALL, TITLE, printable
from gradunc.visualization.tiles import Bar, Tile

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


class _Row(NamedTuple):
    top: int
    titles: list[list[str]]
    """Lines of each tile."""
    height: int
    """Of the titles [px]."""


def panel(tiles: Sequence[Tile | None], head: Sequence[str] = ()) -> NDArray[np.uint8]:
    """Compose one picture of two columns.

    Every tile takes the size of the first one; if that is 400 to 960 px wide and at most 1200 px high, its pixels are
    shown one to one.

    Args:
        tiles: what to show, row by row; None leaves a place empty.
        head: lines above all, for example the name of the file and the scores; long ones are broken.

    Returns:
        (H,W,3) uint8.

    Raises:
        InputError: there is no tile, or the first place is empty.
    """
    if not tiles or tiles[0] is None:
        raise InputError("a panel needs at least one tile")
    size = tiles[0].pixels.shape[:2]
    pictures = [None if tile is None else _fit(tile.pixels, size) for tile in tiles]
    height, width = _fit(tiles[0].pixels, size).shape[:2]
    columns = min(len(tiles), COLUMNS)
    step = max(width, NARROWEST) + BAR_GAP + BAR_WIDTH + BAR_TEXT
    full_width = columns * step + MARGIN
    lines = [part for line in head for part in _broken(line, full_width - 2 * MARGIN)]
    rows = _rows(tiles, columns, step, len(lines) * LINE + (GAP if lines else 0), height)
    full = (full_width, rows[-1].top + rows[-1].height + height + MARGIN)
    figure = Figure(figsize=(full[0] / DPI, full[1] / DPI), dpi=DPI, facecolor="white")
    _write(figure, full, lines, MARGIN, 0)
    for index, (tile, picture) in enumerate(zip(tiles, pictures, strict=True)):
        row, left = rows[index // columns], MARGIN + index % columns * step
        if tile is not None and picture is not None:
            title = row.titles[index % columns]
            _write(figure, full, title, left, row.top + row.height - GAP - LINE * len(title))
            _draw(figure, full, tile.bar, picture, left, row.top + row.height)
    return render(figure)


def _rows(tiles: Sequence[Tile | None], columns: int, step: int, top: int, height: int) -> list[_Row]:
    """Where the rows begin; the titles of a row end at one height."""
    rows = []
    for first in range(0, len(tiles), columns):
        titles = [_broken(tile.title if tile else "", step - MARGIN) for tile in tiles[first : first + columns]]
        rows.append(_Row(top, titles, LINE * max(map(len, titles)) + GAP))
        top += rows[-1].height + height
    return rows


def _broken(text: str, width: float) -> list[str]:
    """Lines that are about as wide [px]."""
    return textwrap.wrap(printable(text), int(width / LETTER)) or [""]


def _write(figure: Figure, full: tuple[int, int], lines: Sequence[str], left: int, top: int) -> None:
    """Lines of text with their upper left corner at (left, top) of a figure of `full` = (width, height) px."""
    for number, line in enumerate(lines, start=1):
        below = full[1] - top - number * LINE
        figure.text(left / full[0], below / full[1], line, fontsize=TITLE, va="baseline", parse_math=False)


def _draw(
    figure: Figure, full: tuple[int, int], bar: Bar | None, picture: NDArray[np.uint8], left: int, top: int
) -> None:
    """Put one tile with its upper left pixel at (left, top) of a figure of `full` = (width, height) px."""
    height, width = picture.shape[:2]
    bottom = full[1] - top - height
    # figimage copies pixels; an axes would resample them.
    figure.figimage(picture, xo=left, yo=bottom, origin="upper")
    if bar:
        x, y = (left + width + BAR_GAP) / full[0], bottom / full[1]
        _draw_bar(figure, bar, (x, y, BAR_WIDTH / full[0], height / full[1]), height)


def _draw_bar(figure: Figure, bar: Bar, box: tuple[float, float, float, float], height: int) -> None:
    """Draw a colour bar of `height` px in a box (left, bottom, width, height) in shares of the figure."""
    mappable = ScalarMappable(bar.scale, bar.colormap)
    linear = MaxNLocator(nbins=max(2, min(6, height // 40)))
    ticks = LogLocator(subs=(1, 2, 5)) if isinstance(bar.scale, LogNorm) else linear
    numbers = ScalarFormatter()
    numbers.set_powerlimits((-2, 4))
    axis = figure.add_axes(box)
    colorbar = figure.colorbar(mappable, cax=axis, ticks=ticks, format=numbers, extend=bar.extend, extendfrac=0.06)
    colorbar.ax.minorticks_off()
    colorbar.ax.tick_params(labelsize=SMALL, length=3)
    colorbar.ax.yaxis.get_offset_text().set_fontsize(SMALL)


def _fit(pixels: NDArray[np.uint8], size: tuple[int, ...]) -> NDArray[np.uint8]:
    """Bring (h,w,3) to a size, then shrink or enlarge by a whole factor into the limits."""
    height, width = size
    pixels = nearest(pixels, size)
    if width > WIDEST or height > TALLEST:
        return _shrink(pixels, max(math.ceil(width / WIDEST), math.ceil(height / TALLEST)))
    factor = min(math.ceil(NARROWEST / width), TALLEST // height)
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def _shrink(pixels: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Mean over blocks of factor x factor pixels; an incomplete block at the border is left out."""
    height, width = (max(1, size // factor) for size in pixels.shape[:2])
    blocks = pixels[: height * factor, : width * factor].reshape(height, -1, width, factor, 3)
    return np.round(blocks.mean(axis=(1, 3))).astype(np.uint8)
