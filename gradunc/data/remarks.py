"""What a user should know of data: values that nothing states, and what was found and is not used."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field

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
    """Something that was found in the files and is not used, or not as one would expect."""

    text: str
    """What it is, and what to do about it; without the places."""
    places: tuple[str, ...] = ()
    """Files, folders or sequences."""


@dataclass
class _Entry:
    text: str
    assumed: str = ""
    places: dict[str, None] = field(default_factory=dict)

    def line(self) -> str:
        if not self.places:
            return self.text
        names = ", ".join(f"'{name}'" for name in list(self.places)[:SHOWN])
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

    def assume(self, assumption: Assumption, place: str = "") -> None:
        """Keep an assumption, about a sequence or about all data."""
        text = f"assumed {assumption.value}: {assumption.reason}"
        entry = self._entries.setdefault(text, _Entry(text, assumption.value))
        if place:
            entry.places[place] = None

    def note(self, note: Note) -> None:
        """Keep a note."""
        self._entries.setdefault(note.text, _Entry(note.text)).places.update(dict.fromkeys(note.places))

    @property
    def assumed(self) -> tuple[str, ...]:
        """What is assumed, for the head of a table: each value once."""
        own = [f"{self._prefix}{entry.assumed}" for entry in self._entries.values() if entry.assumed]
        return tuple(dict.fromkeys([*own, *(value for part in self._parts for value in part.assumed)]))

    def lines(self, *, assumed_only: bool = False) -> list[str]:
        """One line for each remark: what it is, how often, and where first."""
        entries = (entry for entry in self._entries.values() if entry.assumed or not assumed_only)
        own = [self._prefix + entry.line() for entry in entries]
        return [*own, *(line for part in self._parts for line in part.lines(assumed_only=assumed_only))]

    def tell(self) -> None:
        """Print to stderr what was not printed before."""
        for text, entry in self._entries.items():
            if text not in self._told:
                print(self._prefix + entry.line(), file=sys.stderr)
        self._told.update(self._entries)
        for part in self._parts:
            part.tell()


def notes(text: str, places: Iterable[str]) -> list[Note]:
    """A note on some places; none where there are none."""
    found = tuple(places)
    return [Note(text, found)] if found else []
