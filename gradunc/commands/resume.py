"""Going on with a run: which checkpoint, and whether it fits what is asked for now."""

import os
from pathlib import Path
from typing import Any

import torch

from gradunc.config import TrainConfig
from gradunc.config.writing import as_dict
from gradunc.errors import InputError, path_hint
from gradunc.models import EncoderDecoder, ModelSettings
from gradunc.training import DepthTraining
from gradunc.training.optimization import SCHEDULES
from gradunc.types import STEREO

ADVICE = "give the configuration of the run that is resumed, or begin a new one with resume=null model.weights=..."
"""The end of every message about a checkpoint that does not fit."""


def checkpoint_to_resume(config: TrainConfig) -> Path | None:
    """The checkpoint that `resume` names, None to start anew.

    Raises:
        InputError: it does not exist.
    """
    if config.resume is None:
        return None
    if config.resume == "auto":
        found = sorted(Path(config.output, config.name).glob("*/checkpoints/last.ckpt"), key=os.path.getmtime)
        return found[-1] if found else None
    path = Path(config.resume).expanduser()
    if path.is_dir():
        path = path / "checkpoints" / "last.ckpt"
    if not path.is_file():
        hint = path_hint(path)
        raise InputError(f"resume='{config.resume}' does not exist; give a .ckpt file, a run folder, or auto{hint}")
    return path


def check_same_model(module: DepthTraining, stored: ModelSettings, checkpoint: Path) -> None:
    """Resuming with another network fails here, in one line, and not inside Lightning or never."""
    assert isinstance(module.depth_model, EncoderDecoder), "train.py builds networks of a family"
    given = module.depth_model.settings
    keys = [*stored.STRUCTURE, "size", "ambiguity", "mean", "std"]
    if stored.head == "disparity":
        keys += ["min_depth", "max_depth"]
    for key in keys:
        before, now = getattr(stored, key), getattr(given, key, None)
        if before != now:
            raise _other(checkpoint, f"model.{key}", before, now)


def check_same_objective(config: TrainConfig, checkpoint: Path) -> None:
    """Resuming with other networks, another optimiser or another schedule fails here too."""
    stored = read_checkpoint(checkpoint)["gradunc"]["config"]
    given = as_dict(config)
    keys = ["objective.frames", "objective.optimizer", "objective.schedule", "objective.encoder_learning_rate"]
    keys += ["objective.warmup_steps", "objective.ema", "objective.losses"]
    # Lightning goes on with the optimiser and the schedule of the checkpoint, whatever is asked for.
    keys += ["objective.learning_rate", "objective.weight_decay"]
    keys += [f"objective.{name}" for name in SCHEDULES[config.objective.schedule]]
    if any(frame != STEREO for frame in config.objective.frames):
        keys.append("objective.pose_encoder")
    for key in keys:
        before, now = _value(stored, key), _value(given, key)
        if before is not MISSING and before != now:
            raise _other(checkpoint, key, before, now)


def read_checkpoint(checkpoint: Path) -> dict[str, Any]:
    """Everything that a checkpoint of a run holds, on the CPU."""
    return torch.load(checkpoint, map_location="cpu", weights_only=True)


def _other(checkpoint: Path, key: str, before: object, now: object) -> InputError:
    return InputError(f"{checkpoint} was trained with {key}={before}, this run asks for {now}; {ADVICE}")


MISSING = object()


def _value(config: dict[str, Any], key: str) -> Any:
    """The value of a dotted key, `MISSING` if the configuration, perhaps of an older version, has none."""
    found: Any = config
    for part in key.split("."):
        found = found.get(part, MISSING) if isinstance(found, dict) else MISSING
    return found


def set_history_aside(folder: Path) -> None:
    """Keep the metrics of the first part of a resumed run: a new CSV logger would delete them."""
    history = folder / "metrics.csv"
    if history.exists():
        number = len(list(folder.glob("metrics.*.csv"))) + 1
        history.rename(folder / f"metrics.{number}.csv")
