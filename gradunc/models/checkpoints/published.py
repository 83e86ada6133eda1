"""Weights as others publish them, in a folder or in one file; every family says itself which ones are its own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

from gradunc.brief import brief_repr
from gradunc.errors import InputError
from gradunc.models.checkpoints.state_dict import bare_key, check_weights, unwrapped
from gradunc.models.checkpoints.variants import Told, chosen
from gradunc.models.checkpoints.weight_files import read_weight_file
from gradunc.models.families.family import ONE_FILE, Files, PublishedWeights, Weights, layouts
from gradunc.models.settings import ModelSettings

LAST = "decoder.heads."
"""The last convolutions of our networks."""


class Published(NamedTuple):
    """A network of others."""

    settings: ModelSettings
    weights: Weights
    """Under our names."""
    text: str
    """What was found, and the licence of the weights."""

    __repr__ = brief_repr


def is_published(folder: Path) -> bool:
    """Whether a folder holds files of a name under which weights of some family are published."""
    return any(known.files and (folder / known.files[0]).is_file() for known in layouts())


def read_published(folder: Path, told: Told) -> Published:
    """The network of a folder.

    Args:
        folder: one for which `is_published` holds.
        told: what the user says of it.

    Raises:
        InputError: a file is missing or damaged, or the keys belong to no family.
    """
    read: dict[str, dict[str, object]] = {}
    titles = []
    for known in layouts():
        if not known.files or not (folder / known.files[0]).is_file():
            continue
        for name in known.files:
            read[name] = read.get(name) or plain_names(read_weight_file(folder / name), folder / name)
        titles.append(known.title)
        found = _of_layout(known, {name: read[name] for name in known.files}, folder, told)
        if found is not None:
            return found
    raise InputError(f"{_first_keys(read)} are of no known family ({', '.join(titles)})")


def of_one_file(content: Mapping[str, Any], path: Path, told: Told) -> Published | None:
    """The network that is published as one file; None if its keys are of no family.

    Args:
        content: of the file.
        path: for messages, and its name may say which network it is.
        told: what the user says of it.

    Raises:
        InputError: weights that cannot be used, or a network that looks like others, of which none is named.
    """
    known = [one for one in layouts() if not one.files]
    if not known:
        return None
    names = plain_names(content, path)
    return next((found for one in known if (found := _of_layout(one, {ONE_FILE: names}, path, told))), None)


def plain_names(content: Mapping[str, Any], path: Path) -> dict[str, object]:
    """What a file says under plain names: as the network itself would be saved, whatever it was wrapped in."""
    inner = unwrapped(content)
    check_weights({key: value for key, value in inner.items() if isinstance(value, Tensor)}, path)
    plain = {bare_key(key): value for key, value in inner.items() if isinstance(key, str)}
    return plain if len(plain) == len(inner) else inner


def _of_layout(known: PublishedWeights, whole: Files, path: Path, told: Told) -> Published | None:
    """The network, if the keys are those of a layout."""
    inner: Files = {name: _without_first_part(content) for name, content in whole.items()}
    files = next((files for files in (whole, inner) if known.recognise(files)), None)
    if files is None:
        return None
    try:
        choice = chosen(known, known.settings(files, told.head or "disparity"), path, told)
        choice.settings.check()
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    weights = known.convert(files)
    if choice.factor != 1:
        weights = {key: choice.factor * one if key.startswith(LAST) else one for key, one in weights.items()}
    return Published(choice.settings, weights, choice.text)


def _without_first_part(content: Mapping[str, object]) -> dict[str, object]:
    """The same without the first part of all weights' names, if they share it: "model." of a larger module, ..."""
    weights = [key for key, value in content.items() if isinstance(value, Tensor) and value.ndim]
    first = {key.partition(".")[0] for key in weights}
    if len(first) != 1:
        return dict(content)
    prefix = f"{first.pop()}."
    return {key.removeprefix(prefix): value for key, value in content.items()}


def _first_keys(files: Files) -> str:
    return " and ".join(f"{name} (first key '{next(iter(content), '')[:80]}')" for name, content in files.items())
