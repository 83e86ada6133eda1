"""Errors in bins: how they grow with the distance, and whether they grow with the uncertainty."""

import math
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator
from numpy.typing import ArrayLike, NDArray

from gradunc.visualization.labels import HEIGHT, EndLabel, room, short, write_labels
from gradunc.visualization.plots import Cell, finish, grid
from gradunc.visualization.style import BLUE, GRAY, LINES, SMALL, TEXT

Bins = Mapping[str, ArrayLike]
"""pixels, abs_rel, rmse, a1 -> (bins,), NaN in an empty bin."""

ERRORS = {"abs_rel": "abs_rel [no unit]", "rmse": "rmse [m]", "a1": "outliers (ratio ≥ 1.25) [share]"}
"""Error -> label of its axis; of a1 what is missing to 1 is drawn, so that low is good in all plots."""
LARGEST = 8
"""Most methods in one plot: more lines cannot be told apart."""
WIDTH, LEFT, BELOW, ABOVE, TOP = 3.8, 0.85, 0.65, 0.35, 0.4
"""Width of a plot, and the room around it and above all [inch]."""

READING = """
In each image the pixels are sorted by their
uncertainty into tenths. A good uncertainty
has small errors on the left and large ones
on the right.

all pixels: the error without any order, where
the line of a constant score would lie.

Pixels of all images are taken together.
"""


def distance_figure(edges: ArrayLike, errors: Bins, title: str = "") -> Figure:
    """Errors over the true depth, and how many pixels they are the errors of.

    Args:
        edges: (bins+1,) of true depth [m]; the first may be 0, the last infinite.
        errors: of the network.
        title: stands behind "Errors by true depth".
    """
    bounds, values = np.asarray(edges, dtype=float), _values(errors)
    used = np.flatnonzero(values["pixels"] > 0)
    first, last = (int(used[0]), int(used[-1]) + 1) if used.size else (0, 1)
    low, high = _drawn_ends(bounds[first : last + 1])
    places = np.array([low, *bounds[first + 1 : last], high])
    figure, axes = _plots(3.2, 0.3, f"Errors by true depth {title}")
    for axis, (name, label) in zip(axes, ERRORS.items(), strict=False):
        axis.stairs(values[name][first:last], places, color=BLUE, linewidth=2, baseline=None)
        _finish(axis, label, "true depth [m]")
    share = 100 * values["pixels"][first:last] / max(values["pixels"].sum(), 1)
    axes[3].stairs(share, places, color=GRAY, fill=True, alpha=0.6)
    _finish(axes[3], "pixels [% of all]", "true depth [m]")
    for axis in axes:
        axis.set(xscale="log", xlim=(low, high))
        axis.xaxis.set_major_locator(FixedLocator(_ticks(places).tolist()))
        axis.xaxis.set_minor_locator(NullLocator())
        axis.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    return figure


def uncertainty_figure(edges: ArrayLike, methods: Mapping[str, Bins], title: str = "") -> Figure:
    """Errors over the rank of the uncertainty within its image: a line that does not rise says nothing.

    Methods that share one depth share the line of all pixels; else each has its own, in its colour.

    Args:
        edges: (bins+1,) of the rank [%].
        methods: name of the method -> errors; the first `LARGEST` are drawn.
        title: stands behind "Errors by uncertainty".
    """
    bounds = np.asarray(edges, dtype=float)
    drawn = {name: _values(one) for name, one in list(methods.items())[:LARGEST]}
    references = {name: _references(drawn, name) for name in ERRORS}
    names = [*drawn, *(one.text for plot in references.values() for one in plot)]
    height = max(3.4, HEIGHT * (len(drawn) + 2 + max(map(len, references.values()))))
    figure, axes = _plots(height, room(names), f"Errors by uncertainty {title}")
    for axis, (name, label) in zip(axes, ERRORS.items(), strict=False):
        labels = _draw_ranks(axis, bounds, {method: values[name] for method, values in drawn.items()})
        _finish(axis, label, "rank of the uncertainty [%], high = worse")
        axis.set(xlim=(bounds[0], bounds[-1]), xticks=bounds[::2])
        top = axis.get_ylim()[1]
        for one in references[name]:
            # A broad band, which a line on it does not hide.
            axis.axhline(one.y, color=one.color, alpha=0.3, linewidth=5, zorder=0, label=one.text)
        axis.set_ylim(0, top)
        labels += references[name]
        write_labels(axis, [label._replace(y=label.y / top) for label in labels], height)
        if len(methods) > LARGEST:
            axis.set_title(f"{len(methods) - LARGEST} more methods in the CSV file", fontsize=SMALL, loc="left")
    axes[3].axis("off")
    axes[3].text(0, 1, READING.strip(), fontsize=TEXT, va="top", linespacing=1.5, transform=axes[3].transAxes)
    return figure


def _draw_ranks(axis: Axes, bounds: NDArray[np.float64], methods: Mapping[str, NDArray[np.float64]]) -> list[EndLabel]:
    """A line for every method, between the middles of its bins; returns its label at the value of its last bin."""
    middle, labels = (bounds[1:] + bounds[:-1]) / 2, []
    for (method, errors), line in zip(methods.items(), LINES, strict=False):
        x, y = middle[np.isfinite(errors)], errors[np.isfinite(errors)]
        look = {"color": line.color, "linestyle": line.dashes, "linewidth": 1.8}
        axis.plot(x, y, marker="o", markersize=4, label=method, **look)
        if y.size:
            labels.append(EndLabel(short(method), float(y[-1]), line.color, float(x[-1] / bounds[-1])))
    return labels


def _values(errors: Bins) -> dict[str, NDArray[np.float64]]:
    values = {name: np.asarray(one, dtype=float) for name, one in errors.items()}
    return {**values, "a1": 1 - values["a1"]}


def _references(drawn: Mapping[str, Mapping[str, NDArray[np.float64]]], name: str) -> list[EndLabel]:
    """The error of all pixels: one of methods that share a depth, else that of each method's own, in its colour."""
    overall = {method: _overall(values, name) for method, values in drawn.items()}
    first = next(iter(overall.values()), math.nan)
    # One depth has slightly other outliers where it is rounded differently.
    if np.allclose(list(overall.values()), first, rtol=0.002, atol=0, equal_nan=True):
        return [EndLabel("all pixels", first, GRAY)]
    return [
        EndLabel(f"all pixels, {method}", value, line.color)
        for (method, value), line in zip(overall.items(), LINES, strict=False)
    ]


def _overall(values: Mapping[str, NDArray[np.float64]], name: str) -> float:
    """The error of all pixels of a method."""
    weights, errors = values["pixels"], np.nan_to_num(values[name])
    total = float(weights.sum())
    if not total:
        return float("nan")
    return float(np.sqrt(weights @ errors**2 / total)) if name == "rmse" else float(weights @ errors / total)


def _drawn_ends(bounds: NDArray[np.float64]) -> tuple[float, float]:
    """Where the first and the last bin end in the figure: a logarithmic axis has neither 0 nor infinity."""
    low = bounds[0] if bounds[0] > 0 else bounds[1] / 2
    high = bounds[-1] if np.isfinite(bounds[-1]) else bounds[-2] * 1.5
    return float(low), float(high)


def _ticks(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """At most nine edges, so that their numbers do not touch."""
    return places[:: -(-len(places) // 9)]


def _plots(height: float, labels: float, title: str) -> tuple[Figure, list[Axes]]:
    """Four plots with room for labels on their right [inch]."""
    return grid(Cell(WIDTH, height, LEFT, max(labels, 0.3), BELOW, ABOVE), 4, TOP, title)


def _finish(axis: Axes, label: str, x: str) -> None:
    finish(axis, x, label)
    axis.set_ylim(0, max(axis.get_ylim()[1], 1e-12))
