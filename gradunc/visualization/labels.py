"""Names of lines at their right ends, so that no legend has to be searched."""

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes

from gradunc.visualization.style import SMALL, printable

HEIGHT, LETTER, LEADERS = 0.17, 0.073, 0.35
"""Of a label of `SMALL` letters, mean width of a letter, and room for the lines to the labels [inch]."""
LONGEST = 40
"""Letters of a label; of a longer one the middle is left out."""
START, LEADER = 0.05, 0.02
"""Where labels begin and how far their leaders stay away, right of the plot, as shares of its width."""


class EndLabel(NamedTuple):
    """What stands beside the end of a line."""

    text: str
    y: float
    """Of the end, as share of the height of the plot; above 1 or NaN for one that is not seen."""
    color: str
    x: float = 1.0
    """Of the end, as share of the width of the plot."""


def short(text: str) -> str:
    """A label that is not too long.

    >>> len(short("x" * 100))
    40
    """
    text = printable(text)
    half = (LONGEST - 3) // 2
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3 - half]}...{text[-half:]}"


def room(texts: Sequence[str]) -> float:
    """Width that labels need right of a plot [inch]."""
    return LEADERS + LETTER * max((len(short(text)) for text in texts), default=0)


def write_labels(axis: Axes, labels: Sequence[EndLabel], height: float) -> None:
    """Write labels beside a plot, each at the height of its line's end or as near as the others leave room.

    Args:
        axis: of the plot.
        labels: in any order.
        height: of the plot [inch].
    """
    seen = [label for label in labels if label.y == label.y]
    places = spread([min(max(label.y, 0.0), 1.0) for label in seen], HEIGHT / height)
    for label, place in zip(seen, places, strict=True):
        text = axis.text(1 + START, place, short(label.text), transform=axis.transAxes)
        text.set(color=label.color, fontsize=SMALL, va="center", parse_math=False)
        corners = (label.x, 1 + LEADER, 1 + START - LEADER / 2), (label.y, place, place)
        axis.plot(*corners, color=label.color, linewidth=0.6, transform=axis.transAxes, clip_on=False)


def spread(wanted: Sequence[float], gap: float) -> list[float]:
    """Places at least `gap` apart, in the order of the wanted ones and in the range 0 to 1 if that is possible.

    >>> spread([0.5, 0.5, 0.875], 0.25)
    [0.5, 0.75, 1.0]
    >>> spread([1.0, 1.0], 0.25)
    [0.75, 1.0]
    """
    order = sorted(range(len(wanted)), key=lambda place: (wanted[place], place))
    places = [0.0] * len(wanted)
    floor = -float("inf")
    for place in order:
        floor = places[place] = max(wanted[place], floor)
        floor += gap
    ceiling = 1.0
    for place in reversed(order):
        ceiling = places[place] = min(places[place], ceiling)
        ceiling -= gap
    return places
