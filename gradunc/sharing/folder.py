"""The folder that is shared: an export, what was learned of it, and a model card; whole or not there."""

import shutil
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

from safetensors import SafetensorError

from gradunc.errors import InputError
from gradunc.files import is_leftover, remove_leftovers, replacing
from gradunc.models.checkpoints.export import CONFIG, WEIGHTS, is_export, unwritable_export, write_export
from gradunc.models.contract import DepthModel
from gradunc.names import LEARNED_FOLDER
from gradunc.results.stored import BENCHMARK, METRICS, StoredResult
from gradunc.sharing.card import CARD

FIGURES = {METRICS: "sparsification.png", BENCHMARK: "benchmark.png"}
"""File of a result -> the figure beside it that a card shows."""
LEARNED = f"{LEARNED_FOLDER}/*.safetensors"
"""Files of what was learned."""
OURS = (CONFIG, WEIGHTS, CARD, *FIGURES.values(), LEARNED)
"""All files of such a folder, and all that goes to others."""


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
    foreign = next((name for name in names if not any(fnmatch(name, ours) for ours in OURS)), None)
    if foreign is not None or not is_export(folder):
        raise InputError(f"export='{folder}' holds other files ('{foreign or names[0]}'); give a new folder")
    if not overwrite:
        raise InputError(f"export='{folder}' holds an export already; give a new folder, or overwrite=true")


def _names(folder: Path) -> list[str]:
    """What lies in a folder and in `uncertainty/` in it, without leftovers of killed calls."""
    places = [one for one in (folder, folder / LEARNED_FOLDER) if one.is_dir()]
    found = [one for place in places for one in place.iterdir() if one not in places and not is_leftover(one)]
    return sorted(one.relative_to(folder).as_posix() for one in found)


def write_folder(folder: Path, content: Content) -> Path:
    """Write all files together; those of an earlier export that no longer belong there are removed. Returns the folder.

    Raises:
        InputError: the disk is full, or refuses the files.
    """
    copied = {folder / LEARNED_FOLDER / path.name: path for path in content.learned}
    if content.figure is not None:
        copied[folder / content.figure.name] = content.figure
    written = [folder / CARD, folder / WEIGHTS, folder / CONFIG, *copied]
    try:
        remove_leftovers(folder)
        with replacing(*written, durable=True) as (card, weights, config, *asides):
            card.write_text(content.card, encoding="utf-8")
            learned = [path.name for path in content.learned]
            write_export(content.model, weights, config, licence=content.licence, learned=learned)
            for aside, source in zip(asides, copied.values(), strict=True):
                shutil.copyfile(source, aside)
        figures = [folder / name for name in FIGURES.values()]
        _remove([*folder.glob(LEARNED), *figures], kept=written)
    except (OSError, SafetensorError) as error:
        raise unwritable_export(folder, error) from error
    return folder


def _remove(files: Iterable[Path], kept: Iterable[Path]) -> None:
    for one in {*files} - {*kept}:
        one.unlink(missing_ok=True)


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
