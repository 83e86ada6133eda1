"""Tiles side by side or one below the other, in one picture with titles and colour bars."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, ScalarFormatter
from numpy.typing import NDArray

from gradunc.errors import InputError
from gradunc.visualization.canvas import render
from gradunc.visualization.tiles import Bar, Tile

WIDE = 2.0
"""Width / height from which on tiles are stacked."""
STACKED_WIDTH, BESIDE_WIDTH = 1600, 800
"""The widest tile of a stack and of a row [px]; larger pictures are shrunk by a whole factor."""
PER_ROW = 3
SMALLEST_WIDTH = 256
"""Narrower tiles are enlarged by a whole factor, so that the titles have room [px]."""
TALLEST = 4096
"""Higher tiles are shrunk, and none is enlarged beyond it: an image of one column would fill the memory [px]."""
TITLE, BAR_GAP, BAR_WIDTH, BAR_TEXT, MARGIN = 32, 10, 16, 62, 10
"""Height of the title; gap, width and numbers of the colour bar; border of the picture [px]."""
DPI = 100


def panel(tiles: Sequence[Tile]) -> NDArray[np.uint8]:
    """Compose one picture: wide images (KITTI) are stacked, others stand side by side, three in a row.

    Every tile takes the size of the first one; if that is 256 to 1600 px wide (800 px side by side) and at most
    4096 px high, its pixels are shown one to one.

    Args:
        tiles: what to show, in reading order.

    Returns:
        (H,W,3) uint8.

    Raises:
        InputError: there is no tile.
    """
    if not tiles:
        raise InputError("a panel needs at least one tile")
    height, width = tiles[0].pixels.shape[:2]
    stacked = width / height >= WIDE
    columns = 1 if stacked else min(len(tiles), PER_ROW)
    limit = STACKED_WIDTH if stacked else BESIDE_WIDTH
    pictures = [_fit(tile.pixels, height, width, limit) for tile in tiles]
    height, width = pictures[0].shape[:2]
    lefts = [MARGIN]
    for column in range(columns):
        bars = any(tile.bar for tile in tiles[column::columns])
        lefts.append(lefts[-1] + width + (BAR_GAP + BAR_WIDTH + BAR_TEXT if bars else 2 * MARGIN))
    rows = math.ceil(len(tiles) / columns)
    full = (lefts[-1], rows * (height + TITLE) + MARGIN)
    figure = Figure(figsize=(full[0] / DPI, full[1] / DPI), dpi=DPI, facecolor="white")
    for index, (tile, picture) in enumerate(zip(tiles, pictures, strict=True)):
        row, column = divmod(index, columns)
        _draw(figure, full, tile, picture, lefts[column], row * (height + TITLE) + TITLE)
    return render(figure)


def _draw(figure: Figure, full: tuple[int, int], tile: Tile, picture: NDArray[np.uint8], left: int, top: int) -> None:
    """Put one tile with its upper left pixel at (left, top) of a figure of `full` = (width, height) px."""
    height, width = picture.shape[:2]
    bottom = full[1] - top - height
    # figimage copies pixels; an axes would resample them.
    figure.figimage(picture, xo=left, yo=bottom, origin="upper")
    figure.text(left / full[0], (bottom + height + 9) / full[1], tile.title, fontsize=12, va="baseline")
    if tile.bar:
        x, y = (left + width + BAR_GAP) / full[0], bottom / full[1]
        _draw_bar(figure, tile.bar, (x, y, BAR_WIDTH / full[0], height / full[1]), height)


def _draw_bar(figure: Figure, bar: Bar, box: tuple[float, float, float, float], height: int) -> None:
    """Draw a colour bar of `height` px in a box (left, bottom, width, height) in shares of the figure."""
    mappable = ScalarMappable(bar.scale, bar.colormap)
    linear = MaxNLocator(nbins=max(2, min(6, height // 40)))
    ticks = LogLocator(subs=(1, 2, 5)) if isinstance(bar.scale, LogNorm) else linear
    numbers = ScalarFormatter()
    numbers.set_powerlimits((-2, 4))
    colorbar = figure.colorbar(mappable, cax=figure.add_axes(box), ticks=ticks, format=numbers)
    colorbar.ax.minorticks_off()
    colorbar.ax.tick_params(labelsize=9, length=3)
    colorbar.ax.yaxis.get_offset_text().set_fontsize(9)


def _fit(pixels: NDArray[np.uint8], height: int, width: int, limit: int) -> NDArray[np.uint8]:
    """Bring (h,w,3) to (height, width), then shrink or enlarge by a whole factor into the limits."""
    if pixels.shape[:2] != (height, width):
        rows = (np.arange(height) + 0.5) * pixels.shape[0] // height
        columns = (np.arange(width) + 0.5) * pixels.shape[1] // width
        pixels = pixels[rows.astype(int)[:, None], columns.astype(int)]
    if width > limit or height > TALLEST:
        return _shrink(pixels, max(math.ceil(width / limit), math.ceil(height / TALLEST)))
    factor = min(math.ceil(SMALLEST_WIDTH / width), TALLEST // height)
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def _shrink(pixels: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Mean over blocks of factor x factor pixels; an incomplete block at the border is left out."""
    height, width = (max(1, size // factor) for size in pixels.shape[:2])
    blocks = pixels[: height * factor, : width * factor].reshape(height, -1, width, factor, 3)
    return np.round(blocks.mean(axis=(1, 3))).astype(np.uint8)
