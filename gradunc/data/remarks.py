"""What a user should know of data: values that nothing states, and what was found and is not used."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["fact", "assumed", "unused", "resized"]
"""What a remark is: good to know; a value that nothing states; files that are not used as one would expect; images that
are resized to a size far from theirs."""

SHOWN = 3
"""Places that a line names."""


@dataclass(frozen=True)
class Assumption:
    """A value that no file and no option states, and on which metres depend.

    What is published as exact for a named data set is a fact and no assumption: docs/data/README.md lists both.
    """

    value: str
    """What is assumed, short enough for the head of a table: "dmin 0 px"."""
    reason: str
    """Why, and what to do about it; the same text wherever the value is assumed for the same reason."""


@dataclass(frozen=True)
class Note:
    """Something that was found in the files."""

    text: str
    """What it is, and what to do about it; without the places."""
    places: tuple[str, ...] = ()
    """Files, folders or sequences."""
    kind: Kind = "unused"


def notes(text: str, places: Iterable[str]) -> list[Note]:
    """A note on what is not used in some places; none where there are none."""
    found = tuple(places)
    return [Note(text, found)] if found else []


@dataclass
class _Entry:
    text: str
    kind: Kind
    value: str = ""
    places: dict[str, None] = field(default_factory=dict)

    def line(self) -> str:
        if not self.places:
            return self.text
        names = ", ".join(f"'{_printable(name)}'" for name in list(self.places)[:SHOWN])
        return f"{self.text}: {len(self.places)} ({names}{', ...' if len(self.places) > SHOWN else ''})"


class Remarks:
    """The remarks on one data set, each once, however often and by whichever split it was found.

    Args:
        prefix: in front of every line: the name of a part of a mixture.
    """

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._entries: dict[str, _Entry] = {}
        self._told: set[str] = set()
        self._parts: list[Remarks] = []
        self.surveyed: set[str] = set()
        """Options under which the files were searched for what is not used."""

    def part(self, label: str) -> "Remarks":
        """The remarks on a part of a mixture, which are among these."""
        self._parts.append(Remarks(f"{self._prefix}{label}: "))
        return self._parts[-1]

    def assume(self, assumption: Assumption, place: str) -> None:
        """Keep an assumption about a sequence."""
        text = f"assumed {assumption.value}: {assumption.reason}"
        self._entries.setdefault(text, _Entry(text, "assumed", assumption.value)).places[place] = None

    def note(self, *notes: Note) -> None:
        """Keep notes."""
        for one in notes:
            self._entries.setdefault(one.text, _Entry(one.text, one.kind)).places.update(dict.fromkeys(one.places))

    @property
    def assumed(self) -> tuple[str, ...]:
        """What is assumed, for the head of a table: each value once."""
        own = [f"{self._prefix}{entry.value}" for entry in self._entries.values() if entry.kind == "assumed"]
        return tuple(dict.fromkeys([*own, *(value for part in self._parts for value in part.assumed)]))

    def lines(self, *kinds: Kind) -> list[str]:
        """One line for each remark of some kinds, or of all: what it is, how often, and where first."""
        entries = (entry for entry in self._entries.values() if entry.kind in kinds or not kinds)
        own = [self._prefix + entry.line() for entry in entries]
        return [*own, *(line for part in self._parts for line in part.lines(*kinds))]

    def tell(self) -> None:
        """Print to stderr what was not printed before."""
        for text, entry in self._entries.items():
            if text not in self._told:
                print(self._prefix + entry.line(), file=sys.stderr)
        self._told.update(self._entries)
        for part in self._parts:
            part.tell()


def _printable(name: str) -> str:
    """A name on one line, whatever bytes a file system has for it."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in name)
