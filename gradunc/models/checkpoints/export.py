"""The export folder: weights without code, and what the network is."""

import json
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
from gradunc.text_files import read_json

WEIGHTS, CONFIG = "model.safetensors", "config.json"
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
    # Copies: a backbone may tie or view weights, which the format refuses.
    weights = {key: value.detach().cpu().clone().contiguous() for key, value in model.state_dict().items()}
    entry = json.dumps(entry_of(model), indent=2) + "\n"
    try:
        with replacing(folder / WEIGHTS, folder / CONFIG, durable=True) as (aside, config):
            save_file(weights, aside)
            config.write_text(entry)
    except (OSError, SafetensorError) as error:
        raise InputError(f"the export cannot be written to '{folder}': {error}") from error
    return folder


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
