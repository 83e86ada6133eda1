"""What lies among images and is none: counted, named, and what to do about it."""

from collections.abc import Iterable
from pathlib import Path

from gradunc.data.formats.file_kinds import FILE_KINDS, file_kind
from gradunc.data.image_files import SUFFIXES
from gradunc.errors import InputError


def left_out(files: Iterable[Path]) -> list[str]:
    """A line for each kind of file that people take for images, or that are given in another way."""
    found: dict[str, list[Path]] = {}
    for file in files:
        kind = file_kind(file)
        if kind is not None and file.is_file():
            found.setdefault(kind.name, []).append(file)
    return [
        f"ignored: {len(found[kind.name])} {kind.name} file{'s' if len(found[kind.name]) > 1 else ''} "
        f"({_first(found[kind.name])}); {kind.advice}"
        for kind in FILE_KINDS
        if kind.name in found
    ]


def none_here(where: str, files: Iterable[Path]) -> InputError:
    """That there is no image at all, and what there is instead."""
    others = left_out(files)
    more = "".join(f"; {line}" for line in others) or f" (suffixes: {', '.join(SUFFIXES)})"
    return InputError(f"no images {where}{more}")


def _first(files: list[Path]) -> str:
    return f"'{files[0].name}'" + (", ..." if len(files) > 1 else "")
