"""What uncertainties cost against how well they rank the errors."""

from collections.abc import Mapping
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullFormatter, StrMethodFormatter

from gradunc.visualization.labels import HEIGHT, EndLabel, room, short, write_labels
from gradunc.visualization.plots import Cell, finish, grid
from gradunc.visualization.style import BLUE, GRAY, SMALL, VERMILLION

WIDTH, LEFT, BELOW, ABOVE = 4.4, 0.8, 0.6, 0.35
"""Width of a plot, and the room around it [inch]; on its right there is as much as its labels need."""
TICKS = (1, 2, 3, 5, 10, 20, 50, 100)
TRIVIAL = "trivial_"


class Point(NamedTuple):
    """A method."""

    cost: float
    """Plain forward passes of one estimate, at least 1."""
    ause: float
    low: float | None = None
    """End of its interval."""
    high: float | None = None


def cost_figure(networks: Mapping[str, Mapping[str, Point]], title: str = "", unit: str = "") -> Figure:
    """One plot for each network: cost on a logarithmic axis, AUSE on the other; below and left is good.

    Methods that nothing beats at their cost or below are joined by a line. Trivial scores are grey.

    Args:
        networks: name -> method -> point.
        title: stands above.
        unit: of the AUSE.
    """
    labels = [_label(name, point) for points in networks.values() for name, point in points.items()]
    most = max(len(points) for points in networks.values())
    cell = Cell(WIDTH, max(3.0, HEIGHT * (most + 1)), LEFT, max(room(labels), 1.0), BELOW, ABOVE)
    figure, axes = grid(cell, len(networks), 0.35, title)
    for axis, (network, points) in zip(axes, networks.items(), strict=True):
        _draw(axis, points, cell.height)
        finish(axis, "cost of an estimate [forward passes]", f"AUSE of abs_rel{f' [{unit}]' if unit else ''}")
        axis.set_title(short(network) if len(networks) > 1 else "", fontsize=SMALL, loc="left")
    return figure


def front(points: Mapping[str, Point]) -> list[str]:
    """The methods that no other one of at most the same cost beats, by their cost.

    >>> front({"a": Point(2, 0.3), "b": Point(1, 0.4), "c": Point(5, 0.35), "d": Point(2, 0.5)})
    ['b', 'a']
    """
    kept: list[str] = []
    for name in sorted(points, key=lambda one: (points[one].cost, points[one].ause)):
        if not kept or points[name].ause < points[kept[-1]].ause:
            kept.append(name)
    return kept


def _draw(axis: Axes, points: Mapping[str, Point], height: float) -> None:
    best = front(points)
    axis.plot([points[name].cost for name in best], [points[name].ause for name in best], color=VERMILLION, linewidth=1)
    for name, point in points.items():
        color = GRAY if name.startswith(TRIVIAL) else BLUE
        axis.plot([point.cost], [point.ause], "o", color=color, markersize=5)
        if point.low is not None and point.high is not None:
            axis.plot([point.cost, point.cost], [point.low, point.high], color=color, linewidth=1, alpha=0.5)
    costs = [point.cost for point in points.values()]
    axis.set_xscale("log")
    axis.set_xlim(min(costs) * 0.85, max(costs) * 1.2)
    axis.xaxis.set_major_locator(FixedLocator([tick for tick in TICKS if tick <= max(costs) * 1.2]))
    axis.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.xaxis.set_minor_formatter(NullFormatter())
    to_share = axis.transData + axis.transAxes.inverted()
    ends = []
    for name, point in points.items():
        x, y = to_share.transform((point.cost, point.ause))
        color = GRAY if name.startswith(TRIVIAL) else BLUE
        ends.append(EndLabel(_label(name, point), float(y), color, float(x)))
    write_labels(axis, ends, height)


def _label(name: str, point: Point) -> str:
    return f"{name} {point.ause:.3f}"
