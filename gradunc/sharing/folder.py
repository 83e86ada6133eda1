"""The folder that is shared: an export, what was learned of it, and a model card; whole or not there."""

import shutil
from functools import partial
from pathlib import Path
from typing import NamedTuple

from safetensors import SafetensorError

from gradunc.errors import InputError
from gradunc.files import is_leftover, remove_leftovers, replacing
from gradunc.models.checkpoints.export import (
    CONFIG,
    WEIGHTS,
    figure_name,
    is_export,
    learned_names,
    unwritable_export,
    write_export,
)
from gradunc.models.contract import DepthModel
from gradunc.names import LEARNED_FOLDER
from gradunc.results.stored import BENCHMARK, METRICS, StoredResult
from gradunc.sharing.card import CARD
from gradunc.uncertainty.learned_file import copy_for_others, for_others, terms_of

FIGURES = {METRICS: "sparsification.png", BENCHMARK: "benchmark.png"}
"""File of a result -> the figure beside it that a card shows."""


SUFFIX = ".safetensors"
"""Of a file of what was learned."""


class Content(NamedTuple):
    """What goes into the folder."""

    model: DepthModel
    card: str
    licence: str | None
    """Of the weights, where the network says none."""
    learned: tuple[Path, ...] = ()
    figure: Path | None = None


def check_target(folder: Path, *, overwrite: bool) -> None:
    """Raise `InputError` for a folder that holds anything else than what is to be replaced."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"export='{folder}' is a file; give the name of a folder")
    names = _names(folder)
    if not names:
        return
    foreign = next(iter(sorted(names - _replaced(folder))), None)
    if foreign is not None or not is_export(folder):
        raise InputError(f"export='{folder}' holds other files ('{foreign or min(names)}'); give a new folder")
    if not overwrite:
        raise InputError(f"export='{folder}' holds an export already; give a new folder, or overwrite=true")


def owned(folder: Path) -> set[str]:
    """The files of a shared folder, as its description lists them: all that goes to others, and nothing beside it."""
    figure = figure_name(folder)
    learned = {f"{LEARNED_FOLDER}/{name}" for name in learned_names(folder) if name.endswith(SUFFIX)}
    return {CONFIG, WEIGHTS, CARD, *([] if figure not in FIGURES.values() else [str(figure)]), *learned}


def _replaced(folder: Path) -> set[str]:
    """What an export leaves to the next one: its own files, and what was learned of its network since."""
    since = (path for path in (folder / LEARNED_FOLDER).glob(f"*{SUFFIX}") if terms_of(path) is not None)
    return owned(folder) | {path.relative_to(folder).as_posix() for path in since}


def _names(folder: Path) -> set[str]:
    """What lies in a folder and in `uncertainty/` in it, without leftovers of killed calls."""
    places = [one for one in (folder, folder / LEARNED_FOLDER) if one.is_dir()]
    found = [one for place in places for one in place.iterdir() if one not in places and not is_leftover(one)]
    return {one.relative_to(folder).as_posix() for one in found}


def write_folder(folder: Path, content: Content) -> Path:
    """Write all files together; those of an earlier export that no longer belong there are removed. Returns the folder.

    Raises:
        InputError: the disk is full, or refuses the files.
    """
    learned = {for_others(path)[0].name: path for path in content.learned}
    copied = {folder / LEARNED_FOLDER / name: partial(copy_for_others, path) for name, path in learned.items()}
    figure = None if content.figure is None else content.figure.name
    if content.figure is not None:
        copied[folder / content.figure.name] = partial(shutil.copyfile, content.figure)
    written = [folder / CARD, folder / WEIGHTS, folder / CONFIG, *copied]
    try:
        remove_leftovers(folder)
        earlier = {folder / name for name in _replaced(folder)}
        with replacing(*written, durable=True) as (card, weights, config, *asides):
            card.write_text(content.card, encoding="utf-8")
            write_export(content.model, weights, config, licence=content.licence, learned=[*learned], figure=figure)
            for aside, copy in zip(asides, copied.values(), strict=True):
                copy(aside)
        for one in earlier - {*written}:
            one.unlink(missing_ok=True)
    except (OSError, SafetensorError) as error:
        raise unwritable_export(folder, error) from error
    return folder


def figure_of(result: StoredResult | None) -> Path | None:
    """The figure beside a result; None if there is none."""
    if result is None:
        return None
    name = FIGURES.get(result.path.name)
    return None if name is None or not (path := result.path.with_name(name)).is_file() else path


def loads_again(model: DepthModel) -> bool:
    """Whether the description is enough to build the network: code of others is in no export."""
    described = model.description()
    return model.KIND == "model" or isinstance(described.get("library"), str)
