"""Files that people have among their images and that are read in another way, or not at all: what to do with them."""

from pathlib import Path
from typing import NamedTuple

from gradunc.data.formats import video

HEAD = 16
"""Bytes by which a file is recognised under any name."""


class FileKind(NamedTuple):
    """One kind of file that is no image to the decoders."""

    name: str
    """In the singular, as a sentence has it."""
    suffixes: tuple[str, ...]
    """In lower case."""
    advice: str
    """What to do instead."""
    photograph: bool = False
    """It holds a picture all the same."""
    brands: tuple[bytes, ...] = ()
    """What the file holds at its beginning, or from its fifth byte on."""


HEIC = FileKind(
    "HEIC",
    (".heic", ".heif", ".hif"),
    "convert it to JPEG, for example: magick IMG.heic IMG.jpg; an iPhone set to 'Most Compatible' writes JPEG",
    photograph=True,
    brands=(b"ftypheic", b"ftypheix", b"ftyphevc", b"ftypmif1", b"ftypmsf1", b"ftypheim"),
)
FILE_KINDS = (
    HEIC,
    FileKind(
        "GIF", (".gif",), "save a picture of it as PNG: magick 'A.gif[0]' A.png", photograph=True, brands=(b"GIF8",)
    ),
    FileKind(
        "raw photograph",
        (".arw", ".cr2", ".cr3", ".dng", ".nef", ".orf", ".raf", ".rw2"),
        "develop it to JPEG or PNG, for example: darktable-cli A.dng A.jpg",
        photograph=True,
    ),
    FileKind(
        "JPEG 2000 or JPEG XL",
        (".j2k", ".jp2", ".jxl"),
        "convert it to JPEG or PNG: magick A.jxl A.png",
        photograph=True,
        brands=(b"JXL ", b"jP  "),
    ),
    FileKind("film", video.SUFFIXES, "give it by its own name: source=FILM, or train on it with data=video"),
    FileKind("document", (".pdf", ".ps", ".psd", ".svg", ".xcf"), "export its pictures as PNG", brands=(b"%PDF",)),
    FileKind("text", (".txt",), "a list of images is given by its own name: source=FILE.txt"),
)
"""Every kind that is named; a file that is none of them is told by its suffix only."""

PHOTOGRAPHS = tuple(suffix for kind in FILE_KINDS if kind.photograph for suffix in kind.suffixes)
"""Suffixes of images that nothing here reads."""


def file_kind(file: Path) -> FileKind | None:
    """The kind of a file that is told by its suffix; None for every other file."""
    return next((kind for kind in FILE_KINDS if file.suffix.lower() in kind.suffixes), None)


def kind_within(head: bytes, file: Path) -> FileKind | None:
    """The kind of a file by its first `HEAD` bytes or else by its suffix: phones rename HEIC to .jpg."""
    found = (kind for kind in FILE_KINDS if head.startswith(kind.brands) or head[4:].startswith(kind.brands))
    return next(found, None) or file_kind(file)
