"""Curves of a training run over its epochs."""

import math
import os
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from gradunc.errors import InputError
from gradunc.measures import MEASURES, better_of
from gradunc.visualization.history import Series, read_history
from gradunc.visualization.labels import EndLabel, room, write_labels
from gradunc.visualization.plots import Cell, finish, grid
from gradunc.visualization.style import BLUE, TEXT, VERMILLION

QUANTITIES = ("loss", "abs_rel", "rmse", "a1")
"""What is drawn by default, one plot each."""
STAGES = {"train": BLUE, "val": VERMILLION}
WIDTH, HEIGHT, LEFT, BELOW, ABOVE = 3.2, 2.8, 0.9, 0.6, 0.5
"""Of a plot, and the room around it [inch]; its labels have theirs on the right."""


def training_figure(*paths: str | os.PathLike[str], quantities: Sequence[str] = QUANTITIES) -> Figure:
    """Plot a training run: one plot for each quantity that the files have, two in a row, train and val in the same one.

    The axis counts complete epochs; it counts optimiser steps if there was no validation to tell epochs by.

    Args:
        paths: as for `read_history`.
        quantities: column names without "train/" or "val/" and without Lightning's "_step" or "_epoch".

    Raises:
        InputError: a file is unusable or there is none of the quantities.
    """
    history = [one for one in read_history(*paths) if not one.name.startswith("test/")]
    plots = {wanted: [s for s in history if _quantity(s.name) == wanted] for wanted in quantities}
    plots = {wanted: series for wanted, series in plots.items() if series}
    if not plots:
        raise InputError(
            f"'{paths[-1]}' has none of {', '.join(quantities)} (it has: {', '.join(s.name for s in history)})"
        )
    ends = _ends_of_epochs(history)
    labels = room([_label(one) for series in plots.values() for one in series])
    figure, axes = grid(Cell(WIDTH, HEIGHT, LEFT, 0.2 + max(labels, 0.8), BELOW, ABOVE), len(plots))
    for axis, (wanted, series) in zip(axes, plots.items(), strict=True):
        _draw_plot(axis, wanted, series, ends)
    return figure


def _draw_plot(axis: Axes, wanted: str, series: Sequence[Series], ends: Sequence[tuple[float, float]]) -> None:
    drawn = [(one, _positions(one.steps, ends)) for one in series]
    for one, x in drawn:
        _draw_line(axis, one, x)
    last = max(float(x.max()) for _, x in drawn)
    # A run of one or two epochs is as readable as a long one: from its start, with whole epochs.
    axis.set_xlim(0, last * 1.02 if last > 0 else 1)
    axis.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axis.set_title(_best(wanted, series, ends), fontsize=TEXT, loc="left")
    finish(axis, "epochs" if ends else "optimiser steps", f"{wanted} [{_unit(wanted)}]")
    low, high = axis.get_ylim()
    right = axis.get_xlim()[1]
    labels = [
        EndLabel(_label(one), (one.values[-1] - low) / (high - low), _color(one), float(x[-1]) / right)
        for one, x in drawn
    ]
    write_labels(axis, labels, HEIGHT)


def _draw_line(axis: Axes, series: Series, x: np.ndarray) -> None:
    """The stage has one colour and its own dashes; the noisy values of single steps are thin and pale."""
    noisy = series.name.endswith("_step")
    few = len(series.values) <= 60 and not noisy
    axis.plot(
        x,
        series.values,
        color=_color(series),
        linestyle="-" if series.name.startswith("train/") else (0, (5, 1.5)),
        marker=("o" if series.name.startswith("train/") else "s") if few else "",
        markersize=4 if len(series.values) > 3 else 7,
        linewidth=0.8 if noisy else 1.6,
        alpha=0.4 if noisy else 1.0,
        label=series.name,
    )


def _ends_of_epochs(history: Sequence[Series]) -> list[tuple[float, float]]:
    """(optimiser steps, epochs) that were done at each validation, in order."""
    ends: dict[float, float] = {}
    for series in history:
        if series.name.startswith("val/"):
            pairs = zip(series.steps, series.epochs, strict=True)
            ends |= {step + 1: epoch + 1 for step, epoch in pairs if math.isfinite(epoch) and step >= 0}
    return sorted(ends.items())


def _positions(steps: Sequence[float], ends: Sequence[tuple[float, float]]) -> np.ndarray:
    """(n,) complete epochs at the end of steps; steps without `ends`. Behind the last one they go on as before it.

    >>> _positions([0, 3, 5, 9], [(4, 1), (8, 2)]).tolist()
    [0.25, 1.0, 1.5, 2.5]
    """
    done = np.asarray(steps, dtype=float) + 1
    if not ends:
        return done
    x, y = np.array([(0.0, 0.0), *ends]).T
    slope = (y[-1] - y[-2]) / (x[-1] - x[-2])
    return np.where(done > x[-1], y[-1] + slope * (done - x[-1]), np.interp(done, x, y))


def _best(wanted: str, series: Sequence[Series], ends: Sequence[tuple[float, float]]) -> str:
    """The title: what was best in validation, and when."""
    val = next((one for one in series if one.name.startswith("val/")), None)
    if val is None:
        return wanted
    pick = np.argmax if better_of(val.name) == "high" else np.argmin
    place = int(pick(val.values))
    when = f" after epoch {_positions([val.steps[place]], ends)[0]:g}" if ends else ""
    return f"{wanted}: best in validation {val.values[place]:.4g}{when}"


def _unit(quantity: str) -> str:
    """Of an axis; losses and shares have none."""
    return (MEASURES[quantity].unit if quantity in MEASURES else "") or "no unit"


def _color(series: Series) -> str:
    return STAGES.get(series.name.split("/")[0], BLUE)


def _label(series: Series) -> str:
    """The stage, and what its values are the means of."""
    stage = series.name.split("/")[0]
    return f"{stage}, single steps" if series.name.endswith("_step") else stage


def _quantity(name: str) -> str:
    """What a column measures.

    >>> _quantity("train/loss_step"), _quantity("val/abs_rel")
    ('loss', 'abs_rel')
    """
    return name.split("/")[-1].removesuffix("_step").removesuffix("_epoch")
