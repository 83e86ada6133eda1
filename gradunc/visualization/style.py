"""Colours, dashes and sizes that all figures share: told apart by colour-blind readers, and without any colour.

Colours are those of Okabe & Ito 2008, "Color universal design"; yellow is left out, which is not seen on white.
"""

from typing import NamedTuple

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILLION, PINK = "#0072B2", "#D55E00", "#CC79A7"
GRAY, DARK_GRAY = "#808080", "#595959"

UNKNOWN = (128, 128, 128)
"""Pixels of maps without a number: `GRAY`. Depth beyond the far end of its scale is `PINK`, before the near end
`VERMILLION`: neither is in a colour map."""
DISTRUSTED = (0xD5, 0x5E, 0x00)
"""Pixels that are rejected."""

TITLE, TEXT, SMALL = 12, 10, 9
"""Sizes of letters [pt] at `DPI`: 9 pt are 12 px high."""
DPI = 100


class Line(NamedTuple):
    """How a line looks."""

    color: str
    dashes: str | tuple[float, tuple[float, ...]]
    """A line style of matplotlib."""


LINES = (
    Line(BLUE, "-"),
    Line(VERMILLION, (0, (6, 2))),
    Line(GREEN, (0, (6, 2, 1, 2))),
    Line(PINK, (0, (2.5, 1.5))),
    Line(ORANGE, (0, (9, 2))),
    Line(SKY, (0, (6, 2, 1, 2, 1, 2))),
    Line(BLACK, (0, (4, 2, 4, 2, 1, 2))),
    Line(DARK_GRAY, (0, (12, 3))),
)
"""Eight lines, each with a colour and with dashes of its own."""


def end_of(text: str, longest: int) -> str:
    """The end of a long text: of a path that is what tells files apart.

    >>> end_of("aaa/bb/c.png", 9)
    '.../c.png'
    """
    return text if len(text) <= longest else f"...{text[3 - longest :]}"


def printable(text: str) -> str:
    r"""Text that any figure can show: names of files hold line ends, and bytes that are no characters.

    >>> printable("a\nb\udcff.png")
    'a?b?.png'
    """
    return "".join(letter if letter.isprintable() else "?" for letter in text)
