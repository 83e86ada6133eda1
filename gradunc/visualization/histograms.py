"""Histograms of image scores: how far two sets of images lie apart."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter
from numpy.typing import ArrayLike

from gradunc.visualization.plots import bare
from gradunc.visualization.style import BLUE, DPI, SMALL, TEXT, TITLE, VERMILLION, printable

Pair = tuple[ArrayLike, ArrayLike, str]
"""Scores (n,) of familiar and (m,) of foreign images, and the title of their plot."""

LOOKS = ((BLUE, ""), (VERMILLION, "///"))
"""Colour and hatch of the familiar and the foreign set: told apart without colours too."""


def histogram_figure(rows: Mapping[str, Mapping[str, Pair]], names: tuple[str, str], title: str = "") -> Figure:
    """One plot per method (rows) and score (columns), both sets in each.

    Positive scores that spread over more than a factor of ten stand on a logarithmic axis.

    Args:
        rows: method -> score -> what to draw.
        names: of the familiar and the foreign set.
        title: stands above.
    """
    columns = max(len(row) for row in rows.values())
    figure = Figure(figsize=(3.6 * columns, 2.8 * len(rows) + 1.2), dpi=DPI, layout="constrained")
    grid: Any = figure.subplots(len(rows), columns, squeeze=False)
    for axes, (method, row) in zip(grid, rows.items(), strict=True):
        for axis, (score, (familiar, foreign, heading)) in zip(axes, row.items(), strict=False):
            _draw(axis, np.asarray(familiar, dtype=float), np.asarray(foreign, dtype=float))
            axis.set_title(heading, fontsize=TEXT)
            axis.set_xlabel(f"{method}: {score}", fontsize=TEXT)
            axis.set_ylabel("images", fontsize=TEXT)
    counts = [f"{printable(name)} ({len(np.asarray(scores))})"
              for name, scores in zip(names, _first(rows)[:2], strict=True)]  # fmt: skip
    handles = grid[0][0].get_legend_handles_labels()[0]
    wide = sum(map(len, counts)) * 0.075 < 3.6 * columns - 2
    figure.legend(handles, counts, loc="outside lower center", ncols=2 if wide else 1, fontsize=SMALL)
    if title:
        figure.suptitle(printable(title), fontsize=TITLE)
    return figure


def _first(rows: Mapping[str, Mapping[str, Pair]]) -> Pair:
    return next(iter(next(iter(rows.values())).values()))


def _draw(axis: Axes, familiar: np.ndarray, foreign: np.ndarray) -> None:
    both = np.concatenate([familiar, foreign])
    low, high = float(both.min()), float(both.max())
    # With few images many bins are only holes.
    bins = int(np.clip(both.size // 3, 8, 30))
    logarithmic = low > 0 and high / low > 10
    if logarithmic:
        edges = np.geomspace(low, high, bins + 1)
        axis.set_xscale("log")
        axis.xaxis.set_major_locator(LogLocator(numticks=4))
        axis.xaxis.set_minor_formatter(NullFormatter())
    else:
        edges = np.linspace(low, high if high > low else low + 1, bins + 1)
        axis.xaxis.set_major_locator(MaxNLocator(4))
    for scores, (color, hatch), label in zip((familiar, foreign), LOOKS, ("familiar", "foreign"), strict=True):
        look = {"facecolor": color, "hatch": hatch, "edgecolor": "white", "linewidth": 0.5, "alpha": 0.6}
        axis.hist(scores, bins=edges.tolist(), label=label, **look)  # pyright: ignore[reportArgumentType]
    axis.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axis.tick_params(labelsize=SMALL)
    bare(axis)
