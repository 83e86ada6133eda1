"""Whether a learning-rate schedule over all steps of a run can go on with what is asked for now."""

import math
from pathlib import Path
from typing import Any

import lightning as L

from gradunc.commands.sound import read_checkpoint
from gradunc.config import TrainConfig
from gradunc.config.former import with_names_of_now
from gradunc.config.writing import as_dict
from gradunc.data.loading.datamodule import DepthData
from gradunc.data.loading.limits import used_batches
from gradunc.errors import InputError
from gradunc.training.optimization import OF_ALL_STEPS

ADVICE = "give the configuration of the run that is resumed, or begin a new one with resume=null model.weights=..."
"""The end of every message about a checkpoint that does not fit."""


def check_same_steps(config: TrainConfig, trainer: L.Trainer, data: DepthData, checkpoint: Path) -> None:
    """A schedule over all steps of a run cannot go on with another number of them: its whole curve would be another.

    Checkpoints that do not tell their number are not compared.

    Args:
        config: of this run.
        trainer: that would go on; not used yet.
        data: that would be trained on.
        checkpoint: to go on from.

    Raises:
        InputError: the numbers differ; the message names both, and the options that may be the reason.
    """
    if config.objective.schedule not in OF_ALL_STEPS:
        return
    stored = read_checkpoint(checkpoint)
    before, now = _scheduled_steps(stored), planned_steps(trainer, data)
    if before is None or before == now:
        return
    given, had = as_dict(config), with_names_of_now(stored["gradunc"]["config"])
    sections = [changes(had.get(name, {}), given[name], name) for name in ("trainer", "data")]
    reasons = [reason for section in sections for reason in section] or [
        "the training data hold another number of samples"
    ]
    raise InputError(
        f"{checkpoint} was trained with objective.schedule={config.objective.schedule} of {before} optimiser steps, "
        f"this run has {now} ({', '.join(reasons)}); {ADVICE}"
    )


def planned_steps(trainer: L.Trainer, data: DepthData) -> int:
    """Optimiser steps of a whole run, as Lightning's `estimated_stepping_batches` counts them once it has begun."""
    data.trainer = trainer  # that tells the number of processes
    assert trainer.max_epochs is not None, "build_trainer sets it"
    if trainer.max_epochs == -1:
        return trainer.max_steps
    batches = used_batches(len(data.train_dataloader()), trainer.limit_train_batches)
    each = math.ceil(batches / trainer.accumulate_grad_batches)
    steps = each * max(trainer.max_epochs, 1)
    return steps if trainer.max_steps == -1 else min(steps, trainer.max_steps)


def _scheduled_steps(checkpoint: dict[str, Any]) -> int | None:
    """What the schedule of a checkpoint was made for; older ones say it in the state of the schedule only."""
    told = [checkpoint["gradunc"].get("total_steps")]
    for state in checkpoint.get("lr_schedulers", []):
        if isinstance(state, dict):
            told.append(state.get("total_steps"))  # OneCycleLR
            # PolynomialLR; a warm-up has `total_iters` too
            told.append(state.get("total_iters") if "power" in state else None)
    return next((steps for steps in told if isinstance(steps, int)), None)


def changes(before: dict[str, Any], now: dict[str, Any], name: str) -> list[str]:
    """The options of a section that both configurations have, with another value: "trainer.max_epochs=2, was 1".

    >>> changes({"max_epochs": 1, "nyu": {"root": "a"}}, {"max_epochs": 2, "nyu": {"root": "a"}, "new": 0}, "data")
    ['data.max_epochs=2, was 1']
    """
    found: list[str] = []
    for key in before.keys() & now.keys():
        old, new, path = before[key], now[key], f"{name}.{key}"
        if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
            found += changes(old, new, path)
        elif old != new:
            found.append(f"{path}={new}, was {old}")
    return sorted(found)
