"""A data set on one page: rows of pictures, a histogram, and what was found."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, ScalarFormatter
from numpy.typing import ArrayLike

from gradunc.visualization.distrust import nearest
from gradunc.visualization.style import BLUE, DPI, SMALL, TEXT, TITLE, VERMILLION, printable
from gradunc.visualization.tiles import Tile

COLUMN = 3.6
"""Width of a picture [inches]."""

STEEPEST = 3.0
"""Height / width of a picture's place: one of a single column would make a page of kilometres."""

LINE = 0.21
"""Height of a line of text [inches]."""


def overview_figure(rows: Sequence[Sequence[Tile]], depths: ArrayLike, lines: Sequence[str], title: str) -> Figure:
    """One page.

    Args:
        rows: pictures; rows may be shorter than others, and the pictures of a row take the size of its first.
        depths: (N,) depths [m] of a histogram; none is drawn if there is no value.
        lines: of text beside the histogram; long ones are broken.
        title: stands above.
    """
    columns = max(3, *(len(row) for row in rows)) if rows else 3
    first = rows[0][0].pixels.shape if rows else (1, 2)
    heights = [COLUMN * min(first[0] / first[1], STEEPEST) + 0.3] * len(rows)
    letters = 34 * (columns - 1)
    text = [part for line in lines for part in textwrap.wrap(line, letters, subsequent_indent="    ") or [""]]
    heights.append(max(2.4, LINE * (len(text) + 1)))
    figure = Figure(figsize=(COLUMN * columns, sum(heights) + 0.5), dpi=DPI, layout="constrained")
    grid = figure.add_gridspec(len(heights), columns, height_ratios=heights)
    for number, row in enumerate(rows):
        for column, tile in enumerate(row):
            shown = tile._replace(pixels=nearest(tile.pixels, row[0].pixels.shape[:2]))
            _draw_tile(figure, figure.add_subplot(grid[number, column]), shown)
    values = np.asarray(depths, dtype=np.float64)
    split = 1 if values.size else 0
    if split:
        _draw_depths(figure.add_subplot(grid[-1, 0]), values)
    axis = figure.add_subplot(grid[-1, split:])
    axis.axis("off")
    axis.text(0, 1, "\n".join(text), fontsize=TEXT, va="top", family="monospace", transform=axis.transAxes)
    figure.suptitle(printable(title), fontsize=TITLE)
    return figure


def _draw_tile(figure: Figure, axis: Axes, tile: Tile) -> None:
    axis.axis("off")
    axis.set_title(printable(tile.title), fontsize=SMALL, loc="left", parse_math=False)
    axis.imshow(tile.pixels, interpolation="antialiased")
    if tile.bar is not None:
        ticks = LogLocator(subs=(1, 2, 5)) if isinstance(tile.bar.scale, LogNorm) else MaxNLocator(4)
        mappable = ScalarMappable(tile.bar.scale, tile.bar.colormap)
        numbers, extend = ScalarFormatter(), tile.bar.extend
        bar = figure.colorbar(mappable, ax=axis, fraction=0.025, pad=0.01, ticks=ticks, format=numbers, extend=extend)
        bar.ax.minorticks_off()
        bar.ax.tick_params(labelsize=SMALL, length=2)


def _draw_depths(axis: Axes, values: np.ndarray) -> None:
    """Histogram over the logarithm of depth: near and far are both seen."""
    low, high = float(values.min()), float(values.max())
    edges: Any = np.geomspace(low, high, 61) if high > low else 10
    axis.hist(values, bins=edges, color=BLUE, weights=np.full(values.size, 100 / values.size))
    if high > low:
        axis.set_xscale("log")
        axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=8))
        axis.xaxis.set_major_formatter(ScalarFormatter())
        axis.xaxis.set_minor_formatter(NullFormatter())
    axis.axvline(float(np.median(values)), color=VERMILLION, linewidth=2, linestyle="--")
    axis.set_xlabel("true depth [m], dashed: the median", fontsize=TEXT)
    axis.set_ylabel("% of the known pixels", fontsize=TEXT)
    axis.tick_params(labelsize=SMALL)
