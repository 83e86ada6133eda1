"""Tiles in two columns, in one picture with a head, titles and colour bars."""

from collections.abc import Sequence

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, ScalarFormatter
from numpy.typing import NDArray

from gradunc.visualization.canvas import render
from gradunc.visualization.panel_layout import BAR_GAP, BAR_WIDTH, COLUMNS, GAP, LINE, MARGIN, fitted, layout_of
from gradunc.visualization.style import DPI, SMALL, TITLE
from gradunc.visualization.tiles import Bar, Tile


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
    layout = layout_of(tiles, head)
    full = layout.full
    figure = Figure(figsize=(full[0] / DPI, full[1] / DPI), dpi=DPI, facecolor="white")
    _write(figure, full, layout.lines, MARGIN, 0)
    for index, (tile, (left, top)) in enumerate(zip(tiles, layout.places, strict=True)):
        if tile is not None:
            title = layout.rows[index // COLUMNS].titles[index % COLUMNS]
            _write(figure, full, title, left, top - GAP - LINE * len(title))
            _draw(figure, full, tile.bar, fitted(tile.pixels, layout.size), left, top)
    return render(figure)


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
