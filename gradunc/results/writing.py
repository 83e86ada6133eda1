"""The files of a result. A new format is a file of `renderers/` and a line here."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from gradunc.errors import unwritable
from gradunc.files import replacing
from gradunc.results.renderers.csv_files import csv_files
from gradunc.results.renderers.json_file import json_file
from gradunc.results.renderers.markdown import markdown_file
from gradunc.results.renderers.png_files import png_files
from gradunc.results.result import Result

FileFormat = Callable[[Result], Mapping[str, bytes]]
"""Result -> file name -> content. Pure."""

FORMATS: tuple[FileFormat, ...] = (json_file, csv_files, markdown_file, png_files)


def write(result: Result, folder: Path, beside: Mapping[str, bytes] = MappingProxyType({})) -> list[Path]:
    """Write a result in every format: all files take their places together, each is whole or absent.

    Args:
        result: what to write.
        folder: is made if it is missing; files of the same names are replaced.
        beside: name -> content of other files that belong to it.

    Returns:
        The files.

    Raises:
        InputError: the folder cannot be written to.
    """
    rendered = [content for render in FORMATS for content in render(result).items()]
    files = {folder / name: content for name, content in (*rendered, *beside.items())}
    try:
        with replacing(*files) as asides:
            for aside, content in zip(asides, files.values(), strict=True):
                aside.write_bytes(content)
    except OSError as error:
        raise unwritable(folder, error) from error
    return list(files)
