"""Plots in a grid, with room for labels on their right, and the look that they share."""

from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gradunc.visualization.style import DPI, SMALL, TEXT, TITLE, printable


class Cell(NamedTuple):
    """A plot and the room around it [inch]."""

    width: float
    height: float
    left: float
    right: float
    below: float
    above: float

    @property
    def full(self) -> tuple[float, float]:
        """Width and height with the room."""
        return self.left + self.width + self.right, self.below + self.height + self.above


def grid(cell: Cell, count: int, top: float = 0.0, title: str = "") -> tuple[Figure, list[Axes]]:
    """A figure of plots, two in a row, the first in the upper left corner.

    Args:
        cell: the size of each.
        count: how many, at least one.
        top: room above all of them [inch].
        title: stands there.
    """
    rows = -(-count // 2)
    full = (min(2, count) * cell.full[0], rows * cell.full[1] + top)
    figure = Figure(figsize=full, dpi=DPI)
    if title:
        figure.text(0.01, 1 - 0.12 / full[1], printable(title), fontsize=TITLE, va="top", parse_math=False)
    axes = []
    for number in range(count):
        left = number % 2 * cell.full[0] + cell.left
        below = (rows - 1 - number // 2) * cell.full[1] + cell.below
        axes.append(figure.add_axes((left / full[0], below / full[1], cell.width / full[0], cell.height / full[1])))
    return figure, axes


def finish(axis: Axes, x: str, y: str) -> None:
    """Name the axes of a plot and give it the common look."""
    axis.set_xlabel(x, fontsize=TEXT)
    axis.set_ylabel(y, fontsize=TEXT)
    axis.tick_params(labelsize=SMALL)
    axis.grid(alpha=0.3)
    bare(axis)


def bare(axis: Axes) -> None:
    """Take away the frame above and on the right."""
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
