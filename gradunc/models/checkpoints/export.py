"""The export folder: weights without code, and what the network is."""

import json
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import save_file

from gradunc.errors import InputError
from gradunc.files import replacing
from gradunc.models.checkpoints.entry import entry_of
from gradunc.models.contract import DepthModel

WEIGHTS, CONFIG = "model.safetensors", "config.json"


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
