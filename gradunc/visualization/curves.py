"""Curves: how well uncertainties rank the errors."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from gradunc.visualization.labels import HEIGHT, EndLabel, room, short, write_labels
from gradunc.visualization.plots import Cell, finish, grid
from gradunc.visualization.style import BLACK, GRAY, LINES, SMALL, TEXT, Line

Curves = tuple[ArrayLike, ArrayLike, ArrayLike]
"""(method (n+1,), oracle (n+1,), random ()): error of the pixels left, at x = 0, 1/n, ..., 1."""

LABELS = {
    "abs_rel": "abs_rel of the rest [no unit]",
    "rmse": "rmse of the rest [m]",
    "a1": "outliers (ratio ≥ 1.25) in the rest [share]",
}
"""Error -> label of its axis, in the order of the plots."""

LARGEST = 8
"""Most methods in one plot: more curves cannot be told apart, and their names leave no room for the plots."""

WIDTH, LEFT, BELOW, ABOVE = 3.6, 0.8, 0.6, 0.35
"""Width of a plot, and the room around it [inch]; on its right there is as much as its labels need."""

READING = """
Pixels are removed from the most to the least
uncertain; the error of the rest should fall
fast. Lower is better.

oracle: the worst pixels are removed first.
random: any pixels are removed.
AUSE, behind each name: the area between a
curve and its oracle. Low is good.

The last point, 0 by definition, is not drawn.
"""


class _Arrays(NamedTuple):
    method: np.ndarray
    oracle: np.ndarray
    random: float

    @property
    def ause(self) -> float:
        return _area(self.method) - _area(self.oracle)


def sparsification_figure(methods: Mapping[str, Mapping[str, Curves]], title: str = "") -> Figure:
    """Error of the pixels that are left while the least certain are removed: lower is better.

    Methods that share one depth share one oracle; a method with another depth gets its own, in its colour. Of more than
    `LARGEST` methods each plot has the first one given and those of the smallest AUSE. The last point of every curve,
    which is 0 by definition, is not drawn.

    Args:
        methods: name of the method -> abs_rel, rmse, a1 -> curves, as `Sparsification.curves()` gives them.
        title: stands above, for example the protocol.

    Returns:
        Three plots, and in the fourth place how to read them.
    """
    plots = {
        error: {name: _arrays(curves[error]) for name, curves in methods.items() if error in curves} for error in LABELS
    }
    drawn = {error: _best(every) for error, every in plots.items()}
    looks = _looks([name for name in methods if any(name in some for some in drawn.values())])
    labels = [_label(name, one.ause) for some in drawn.values() for name, one in some.items()]
    cell = Cell(WIDTH, _height(drawn.values()), LEFT, max(room(labels), 1.0), BELOW, ABOVE)
    figure, axes = grid(cell, len(LABELS), 0.35, title)
    for axis, (error, label) in zip(axes, LABELS.items(), strict=True):
        _draw_plot(axis, drawn[error], looks, label, cell.height)
        left_out = len(plots[error]) - len(drawn[error])
        if left_out:
            axis.set_title(f"{left_out} methods of larger AUSE left out", fontsize=SMALL, loc="left")
    box, below = axes[1].get_position(), axes[2].get_position()
    figure.text(box.x0, below.y1, READING.strip(), fontsize=TEXT, va="top", linespacing=1.5)
    return figure


def _height(drawn: Iterable[Mapping[str, _Arrays]]) -> float:
    """Of the plots [inch], so that their labels have room."""
    return max(3.4, HEIGHT * (2 + max(map(_labels, drawn))))


def _looks(names: Sequence[str]) -> dict[str, Line]:
    """Lines of which no two share colour and dashes."""
    count = len(LINES)
    return {
        name: Line(LINES[number % count].color, LINES[(number + number // count) % count].dashes)
        for number, name in enumerate(names)
    }


def _best(methods: Mapping[str, _Arrays]) -> dict[str, _Arrays]:
    """At most `LARGEST`, in the order given: the first and those of the smallest AUSE, unknown ones last."""
    area = {name: float(np.nan_to_num(curves.ause, nan=np.inf)) for name, curves in methods.items()}
    chosen = [*list(methods)[:1], *sorted(list(methods)[1:], key=area.__getitem__)][:LARGEST]
    return {name: curves for name, curves in methods.items() if name in chosen}


def _arrays(curves: Curves) -> _Arrays:
    method, oracle, random = curves
    return _Arrays(np.asarray(method, dtype=float), np.asarray(oracle, dtype=float), float(np.asarray(random)))


def _draw_plot(
    axis: Axes, methods: Mapping[str, _Arrays], looks: Mapping[str, Line], label: str, height: float
) -> None:
    every = [value for one in methods.values() for value in (*one.method, *one.oracle, one.random)]
    top = 1.05 * float(np.nanmax(every)) if np.isfinite(every).any() else 1.0
    axis.set(xlim=(0, 1), ylim=(0, top if top > 0 else 1.0))
    finish(axis, "fraction of pixels removed, most uncertain first", label)
    labels = _draw_references(axis, methods, looks)
    for name, curves in methods.items():
        labels.append(_draw_line(axis, curves.method, looks[name], _label(name, curves.ause), 1.8))
    write_labels(axis, labels, height)


def _draw_references(axis: Axes, methods: Mapping[str, _Arrays], looks: Mapping[str, Line]) -> list[EndLabel]:
    """The oracle dotted, random removal as a broad band that a line on it does not hide."""
    shared, labels = _shared(methods), []
    for name, curves in methods.items():
        color, whose = (BLACK, "") if shared else (looks[name].color, f", {name}")
        axis.axhline(curves.random, color=GRAY if shared else color, alpha=0.3, linewidth=5, label=f"random{whose}")
        y = curves.random / axis.get_ylim()[1]
        labels.append(EndLabel(f"random{whose}", y, GRAY if shared else color))
        look = Line(color, (0, (1, 1.4)))
        labels.append(_draw_line(axis, curves.oracle, look, f"oracle{whose}", 1.4))
        if shared:
            break
    return labels


def _draw_line(axis: Axes, curve: np.ndarray, look: Line, text: str, width: float) -> EndLabel:
    """Draw a curve but for its last point, and say where its label belongs."""
    x = np.linspace(0, 1, len(curve))[:-1]
    axis.plot(x, curve[:-1], color=look.color, linestyle=look.dashes, linewidth=width, label=text)
    return EndLabel(text, float(curve[-2]) / axis.get_ylim()[1], look.color, float(x[-1]))


def _label(name: str, ause: float) -> str:
    return f"{short(name)} {ause:.4g}"


def _labels(methods: Mapping[str, _Arrays]) -> int:
    """How many a plot has."""
    return len(methods) + 2 * (1 if _shared(methods) else len(methods))


def _shared(methods: Mapping[str, _Arrays]) -> bool:
    """Whether all methods have one oracle."""
    oracles = [one.oracle for one in methods.values()]
    return all(_same_line(oracle, oracles[0]) for oracle in oracles)


def _same_line(one: np.ndarray, two: np.ndarray) -> bool:
    """Whether two curves look the same: one depth, rounded differently, has slightly other outliers."""
    scale = float(np.nan_to_num(np.abs(two)).max(initial=0))
    return len(one) == len(two) and np.allclose(one, two, rtol=0, atol=0.002 * scale, equal_nan=True)


def _area(curve: np.ndarray) -> float:
    return float((curve[1:] + curve[:-1]).sum() / 2 / (len(curve) - 1))
