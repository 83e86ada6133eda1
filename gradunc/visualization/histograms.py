"""Histograms of image scores: how far two sets of images lie apart."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter
from numpy.typing import ArrayLike

Pair = tuple[ArrayLike, ArrayLike, str]
"""Scores (n,) of familiar and (m,) of foreign images, and the title of their plot."""


def histogram_figure(rows: Mapping[str, Mapping[str, Pair]], names: tuple[str, str], title: str = "") -> Figure:
    """One plot per method (rows) and score (columns), both sets in each.

    Positive scores that spread over more than a factor of ten stand on a logarithmic axis.

    Args:
        rows: method -> score -> what to draw.
        names: of the familiar and the foreign set.
        title: stands above.
    """
    columns = max(len(row) for row in rows.values())
    figure = Figure(figsize=(3.6 * columns, 2.7 * len(rows) + 0.9), dpi=100, layout="constrained")
    grid: Any = figure.subplots(len(rows), columns, squeeze=False)
    for axes, (method, row) in zip(grid, rows.items(), strict=True):
        for axis, (score, (familiar, foreign, heading)) in zip(axes, row.items(), strict=False):
            _draw(axis, np.asarray(familiar, dtype=float), np.asarray(foreign, dtype=float))
            axis.set_title(heading, fontsize=9)
            axis.set(xlabel=f"{method}: {score}", ylabel="images")
    counts = (f"{name} ({len(np.asarray(scores))})" for name, scores in zip(names, _first(rows)[:2], strict=True))
    figure.legend(grid[0][0].get_legend_handles_labels()[0], list(counts), loc="outside lower center", ncols=2)
    if title:
        figure.suptitle(title, fontsize=10)
    return figure


def _first(rows: Mapping[str, Mapping[str, Pair]]) -> Pair:
    return next(iter(next(iter(rows.values())).values()))


def _draw(axis: Axes, familiar: np.ndarray, foreign: np.ndarray) -> None:
    both = np.concatenate([familiar, foreign])
    low, high = float(both.min()), float(both.max())
    logarithmic = low > 0 and high / low > 10
    if logarithmic:
        edges = np.geomspace(low, high, 31)
        axis.set_xscale("log")
        axis.xaxis.set_major_locator(LogLocator(numticks=4))
        axis.xaxis.set_minor_formatter(NullFormatter())
    else:
        edges = np.linspace(low, high if high > low else low + 1, 31)
        axis.xaxis.set_major_locator(MaxNLocator(4))
    for scores, color, label in ((familiar, "C0", "familiar"), (foreign, "C1", "foreign")):
        axis.hist(scores, bins=edges.tolist(), color=color, alpha=0.6, label=label)
