"""Folders of weights as others publish them; every family says itself which ones are its own."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from torch import Tensor

from gradunc.errors import InputError
from gradunc.models.checkpoints.state_dict import bare_key, check_weights, unwrapped
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
            read[name] = read.get(name) or _content(folder / name)
        titles.append(known.title)
        whole: Files = {name: read[name] for name in known.files}
        inner: Files = {name: _without_first_part(content) for name, content in whole.items()}
        files = next((files for files in (whole, inner) if known.recognise(files)), None)
        if files is not None:
            try:
                settings = known.settings(files, head)
                settings.check()
            except InputError as error:
                raise InputError(f"{folder}: {error}") from error
            return settings, known.convert(files)
    raise InputError(f"{_first_keys(read)} are of no known family ({', '.join(titles)})")


def _content(path: Path) -> dict[str, object]:
    """What a file says under plain names: as the network itself would be saved, whatever it was wrapped in."""
    content = unwrapped(read_weight_file(path))
    check_weights({key: value for key, value in content.items() if isinstance(value, Tensor)}, path)
    plain = {bare_key(key): value for key, value in content.items() if isinstance(key, str)}
    return plain if len(plain) == len(content) else content


def _without_first_part(content: Mapping[str, object]) -> dict[str, object]:
    """The same without the first part of all weights' names, if they share it: "model." of a larger module, ..."""
    weights = [key for key, value in content.items() if isinstance(value, Tensor) and value.ndim]
    first = {key.partition(".")[0] for key in weights}
    if len(first) != 1:
        return dict(content)
    prefix = f"{first.pop()}."
    return {key.removeprefix(prefix): value for key, value in content.items()}


def _known() -> Iterator[PublishedWeights]:
    for name in FAMILIES:
        published = family_of(name).published
        if published is not None:
            yield published


def _first_keys(files: Files) -> str:
    return " and ".join(f"{name} (first key '{next(iter(content), '')[:80]}')" for name, content in files.items())
