"""Where a film comes from: what was made of another one is not replaced unless that is asked for."""

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

from gradunc.commands.image_jobs import Jobs
from gradunc.commands.kept_results import record_in
from gradunc.data.inputs import InputImages
from gradunc.data.inputs.film import film_identity
from gradunc.errors import InputError
from gradunc.prediction.files import both_endings

UNKNOWN = "-"


class Origin(NamedTuple):
    """A source, as notes in films tell it from others; no path, because films are given away."""

    place: str
    """Checksum of the path."""
    content: str = UNKNOWN
    """Checksum of a film, which may be moved; `UNKNOWN` of other sources."""

    def __str__(self) -> str:
        """Two words of a note."""
        return f"{self.place} {self.content}"

    def may_have_made(self, note: str) -> bool:
        """Whether a note, whose last two words are an origin, is of this one; True for notes that say none."""
        said = note.split(" ")[-2:]
        if len(said[0]) != len(self.place):
            return True
        return said[0] == self.place or said[1] == self.content != UNKNOWN


def origin_of(source: str, images: InputImages) -> Origin:
    """The origin of the images of a source."""
    film = images.film
    if film is None:
        return Origin(place_of(source))
    return Origin(place_of(film), film_identity(film))


def place_of(path: str | Path) -> str:
    """A checksum of where something lies."""
    return hashlib.sha256(os.path.realpath(Path(path).expanduser()).encode(errors="surrogateescape")).hexdigest()


def check_same_film(jobs: Jobs) -> None:
    """Raise `InputError` for maps of another film of the same name; a film that was changed where it lies is the same.

    The first results speak for all of them.
    """
    film = jobs.images.film
    if film is None:
        return
    for files in jobs.results():
        for last in both_endings(files[-1]) if files else ():
            record = record_in(last)
            if not record:
                continue
            made_of = str(record.get("image")).rpartition("-")[0]
            if record.get("place") != place_of(film) and made_of != film_identity(film):
                raise InputError(
                    f"the results in '{last.parent}' are those of another film of that name; set output=DIR, or "
                    "overwrite=true to replace them"
                )
            return
