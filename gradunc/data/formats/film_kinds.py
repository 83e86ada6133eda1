"""What films that are written may be called: the suffix chooses the container and the encoders. Free of numpy."""

from pathlib import PurePath
from typing import NamedTuple

from gradunc.names import name_problem


class FilmKind(NamedTuple):
    """A container of FFmpeg and what encodes pictures into it."""

    container: str
    encoders: tuple[str, ...]
    """The first that PyAV has is taken."""


FILM_KINDS = {
    ".mp4": FilmKind("mp4", ("libx264", "libopenh264", "mpeg4")),
    ".mov": FilmKind("mov", ("libx264", "libopenh264", "mpeg4")),
    ".mkv": FilmKind("matroska", ("libx264", "libopenh264", "mpeg4")),
    ".webm": FilmKind("webm", ("libvpx-vp9", "libvpx")),
}
"""Suffix in lower case -> its kind."""


def film_name_problem(name: str) -> str:
    """Why a name cannot be that of a film in a folder of results; "" if it can.

    >>> film_name_problem("walk.MP4"), film_name_problem("walk.gif")
    ('', 'must end in .mp4, .mov, .mkv, .webm')
    """
    if PurePath(name).suffix.lower() not in FILM_KINDS:
        return f"must end in {', '.join(FILM_KINDS)}"
    return name_problem(name)
