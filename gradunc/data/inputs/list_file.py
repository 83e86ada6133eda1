"""`source=list.txt`: images named line by line, relative to the folder of the list; `#` begins a comment."""

import os
from pathlib import Path

from gradunc.data.formats.file_kinds import file_kind
from gradunc.data.inputs.files import images_below
from gradunc.data.inputs.interface import InputImages, Kind
from gradunc.errors import InputError, path_hint
from gradunc.text_files import listed_path, read_lines

WHAT = "list of images"


def _takes(source: str) -> bool:
    path = Path(source).expanduser()
    return path.suffix.lower() == ".txt" and path.is_file()


def _images(source: str) -> InputImages:
    path = Path(source).expanduser()
    lines = enumerate(map(str.strip, read_lines(path, WHAT)), start=1)
    found = [_listed(path, line, f"{WHAT} '{path}', line {number}") for number, line in lines if _names(line)]
    if not found:
        raise InputError(f"{WHAT} '{path}' names no image; write one path a line")
    unique = list(dict.fromkeys(found))
    return images_below(Path(os.path.commonpath([image.parent for image in unique])), unique)


def _names(line: str) -> bool:
    return bool(line) and not line.startswith("#")


def _listed(path: Path, line: str, where: str) -> Path:
    image = (path.parent / Path(listed_path(line, where)).expanduser()).absolute()
    if image.is_dir():
        raise InputError(f"{where}: '{line}' is a folder; name its images")
    if not image.is_file():
        raise InputError(f"{where}: '{line}' does not exist in '{path.parent}'{path_hint(image)}")
    kind = file_kind(image)
    if kind is not None:
        raise InputError(f"{where}: '{line}' is no image but {kind.name}; {kind.advice}")
    # ".." behind a link leads out of the folder that the link points to: only the file system knows where to.
    return image.parent.resolve() / image.name if ".." in image.parts else image


LIST = Kind("LIST.txt", _takes, _images)
