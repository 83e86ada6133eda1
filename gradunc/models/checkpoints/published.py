"""Folders of weights as others publish them; every family says itself which ones are its own."""

from collections.abc import Iterator
from pathlib import Path

from gradunc.errors import InputError
from gradunc.models.checkpoints.weight_files import read_weight_file
from gradunc.models.families import FAMILIES
from gradunc.models.families.family import Files, PublishedWeights, Weights, family_of
from gradunc.models.settings import ModelSettings


def is_published(folder: Path) -> bool:
    """Whether a folder holds files of a name under which weights of some family are published."""
    return any((folder / known.files[0]).is_file() for known in _known())


def read_published(folder: Path, head: str) -> tuple[ModelSettings, Weights]:
    """Settings and weights under our names.

    Args:
        folder: one for which `is_published` holds.
        head: "disparity" or "depth", which the files do not say.

    Raises:
        InputError: a file is missing or damaged, or the keys belong to no family.
    """
    read: dict[str, dict[str, object]] = {}
    titles = []
    for known in _known():
        if not (folder / known.files[0]).is_file():
            continue
        for name in known.files:
            read[name] = read.get(name) or read_weight_file(folder / name)
        titles.append(known.title)
        files = {name: read[name] for name in known.files}
        if known.recognise(files):
            return known.settings(files, head), known.convert(files)
    raise InputError(f"{_first_keys(read)} are of no known family ({', '.join(titles)})")


def _known() -> Iterator[PublishedWeights]:
    for name in FAMILIES:
        published = family_of(name).published
        if published is not None:
            yield published


def _first_keys(files: Files) -> str:
    return " and ".join(f"{name} (first key '{next(iter(content), '')}')" for name, content in files.items())
