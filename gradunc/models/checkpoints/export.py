"""The export folder: weights without code, and what the network is."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from gradunc.errors import InputError
from gradunc.files import replacing
from gradunc.models.checkpoints.entry import check_entry, entry_of
from gradunc.models.checkpoints.weight_files import read_safetensors
from gradunc.models.contract import DepthModel
from gradunc.ops.low_rank import merged
from gradunc.places import without_places
from gradunc.text_files import read_json

WEIGHTS, CONFIG = "model.safetensors", "config.json"
LICENCE, LEARNED, FIGURE = "licence", "learned", "figure"
"""Keys of the description."""
LARGEST_CONFIG = 2**24
"""Bytes that a description can have; those of Hugging Face hold a few thousand."""


def model_folder(path: Path) -> Path:
    """Where the files of a network lie: in the export of a run, for the folder of a run; else the path itself."""
    export = path / "export"
    return export if export.is_dir() and not (path / CONFIG).exists() else path


def export_model(model: DepthModel, folder: str | Path) -> Path:
    """Write `model.safetensors` and `config.json`, both complete or none; returns the folder.

    Raises:
        InputError: the disk is full, or refuses the files.
    """
    folder = Path(folder)
    try:
        with replacing(folder / WEIGHTS, folder / CONFIG, durable=True) as (weights, config):
            write_export(model, weights, config)
    except (OSError, SafetensorError) as error:
        raise unwritable_export(folder, error) from error
    return folder


def write_export(
    model: DepthModel,
    weights: Path,
    config: Path,
    *,
    licence: str | None = None,
    learned: Sequence[str] = (),
    figure: str | None = None,
) -> None:
    """Write the two files of an export to given places. Of paths in the description the last part is left.

    Args:
        model: the network.
        weights: where `model.safetensors` goes.
        config: where `config.json` goes.
        licence: of the weights, where the network says none.
        learned: files of what estimators have learned, in `uncertainty/` beside the two.
        figure: file of a picture beside the two.

    Raises:
        OSError: a place cannot be written.
        SafetensorError: the same of the weights.
    """
    # Copies: a backbone may tie or view weights, which the format refuses.
    tensors = {key: value.detach().cpu().clone().contiguous() for key, value in merged(model.state_dict()).items()}
    entry = without_places(entry_of(model))
    if licence is not None:
        entry[model.KIND] = {**entry[model.KIND], LICENCE: licence}
    if learned:
        entry[LEARNED] = list(learned)
    if figure is not None:
        entry[FIGURE] = figure
    save_file(tensors, weights)
    config.write_text(json.dumps(entry, indent=2) + "\n")


def unwritable_export(folder: Path, error: Exception) -> InputError:
    """The error for a folder that does not take an export."""
    return InputError(f"the export cannot be written to '{folder}': {error}")


def is_export(folder: Path) -> bool:
    """Whether the description in a folder is one of ours, of any version; False if there is none, or a damaged one."""
    try:
        described = read_json(folder / CONFIG, "description", LARGEST_CONFIG)
    except InputError:
        return False
    return isinstance(described, dict) and "schema" in described


def learned_names(folder: Path) -> list[str]:
    """The files in `uncertainty/` that belong to an export, as its description lists them."""
    listed = _described(folder).get(LEARNED)
    return [one for one in listed if _is_name(one)] if isinstance(listed, list) else []


def figure_name(folder: Path) -> str | None:
    """The picture that belongs to an export, as its description says it; None if there is none."""
    named = _described(folder).get(FIGURE)
    return named if _is_name(named) else None


def _described(folder: Path) -> dict[str, Any]:
    return read_json(folder / CONFIG, "description", LARGEST_CONFIG) if is_export(folder) else {}


def _is_name(value: Any) -> bool:
    """Of a file in a folder that is known: a description may come from others."""
    return isinstance(value, str) and Path(value).name == value


def read_export(folder: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The entry of an export and its weights.

    Raises:
        InputError: a file is missing, no regular file, or damaged.
    """
    try:
        described = read_json(folder / CONFIG, "description", LARGEST_CONFIG)
        weights = read_safetensors(folder / WEIGHTS)
    except InputError as error:
        reason = " ".join(str(error).split())[:300]
        raise InputError(f"{folder} is no readable export: {reason}") from error
    return check_entry(described, folder / CONFIG), weights
