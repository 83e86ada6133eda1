"""The export folder: weights without code, and what the network is."""

import json
from pathlib import Path

from safetensors.torch import save_file

from gradunc.files import replacing
from gradunc.models.checkpoints.entry import entry_of
from gradunc.models.contract import DepthModel

WEIGHTS, CONFIG = "model.safetensors", "config.json"


def export_model(model: DepthModel, folder: str | Path) -> Path:
    """Write `model.safetensors` and `config.json`, both complete or none; returns the folder."""
    folder = Path(folder)
    # Copies: a backbone may tie or view weights, which the format refuses.
    weights = {key: value.detach().cpu().clone().contiguous() for key, value in model.state_dict().items()}
    with replacing(folder / WEIGHTS, folder / CONFIG) as (aside, config):
        save_file(weights, aside)
        config.write_text(json.dumps(entry_of(model), indent=2) + "\n")
    return folder
