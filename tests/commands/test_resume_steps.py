"""The number of steps a schedule was made for, and the one a run would have."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import LinearLR, OneCycleLR, PolynomialLR, StepLR

from gradunc.commands.resume_steps import changes, check_same_steps, planned_steps
from gradunc.config import TrainConfig
from gradunc.config.writing import as_dict
from gradunc.errors import InputError
from gradunc.losses import LossEngine
from gradunc.training import DepthTraining, Optimization
from tests.training.helpers import quiet_trainer, tiny_model, toy_data


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"max_epochs": 3}, 9),
        ({"max_epochs": 3, "accumulate_grad_batches": 2}, 6),
        ({"max_epochs": 3, "max_steps": 5}, 5),
        ({"max_epochs": 1, "max_steps": 50}, 3),
        ({"max_epochs": -1, "max_steps": 7}, 7),
    ],
)
def test_planned_steps(options: dict[str, Any], expected: int) -> None:
    """Three batches of two in an epoch; the same that Lightning says once the run goes on."""
    data = toy_data(7)
    data.batch_size = 2
    assert planned_steps(quiet_trainer(**options), data) == expected
    module = DepthTraining(tiny_model(), LossEngine({"l1": 1.0}), optimization=Optimization(schedule="poly"))
    quiet_trainer(**options, limit_val_batches=0).fit(module, data)
    assert module.total_steps == expected


def checkpoint(folder: Path, config: TrainConfig, **more: Any) -> Path:
    """What a run leaves, as far as it matters here."""
    entry = {"config": as_dict(config)} | {key: more.pop(key) for key in ("total_steps",) if key in more}
    torch.save({"gradunc": entry, **more}, folder / "last.ckpt")
    return folder / "last.ckpt"


def asked(schedule: str = "onecycle") -> TrainConfig:
    config = TrainConfig()
    config.objective.schedule = schedule
    return config


def check(path: Path, config: TrainConfig) -> None:
    """Against a run of three steps."""
    data = toy_data(7)
    data.batch_size = 2
    check_same_steps(config, quiet_trainer(max_epochs=1), data, path)


def test_the_same_number_is_fine_whatever_made_it(tmp_path: Path) -> None:
    before = asked()
    before.trainer.max_epochs = before.data.batch_size = 99
    check(checkpoint(tmp_path, before, total_steps=3), asked())


def test_another_number_is_one_line_with_both_and_what_has_changed(tmp_path: Path) -> None:
    before = asked()
    before.trainer.accumulate_grad_batches = 2
    before.data.synthetic.train_scenes = 5
    with pytest.raises(InputError) as error:
        check(checkpoint(tmp_path, before, total_steps=4), asked())
    assert "\n" not in str(error.value)
    scenes = asked().data.synthetic.train_scenes
    changed = f"trainer.accumulate_grad_batches=1, was 2, data.synthetic.train_scenes={scenes}, was 5"
    told = f"was trained with objective.schedule=onecycle of 4 optimiser steps, this run has 3 ({changed}); give the"
    assert told in str(error.value)


def test_other_files_of_the_same_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"this run has 3 \(the training data hold another number of samples\)"):
        check(checkpoint(tmp_path, asked(), total_steps=4), asked())


@pytest.mark.parametrize("schedule", ["step", "constant"])
def test_other_schedules_do_not_depend_on_it(tmp_path: Path, schedule: str) -> None:
    check(checkpoint(tmp_path, asked(schedule), total_steps=None), asked(schedule))


@pytest.mark.parametrize("schedule", ["onecycle", "poly"])
def test_older_checkpoints_tell_it_in_the_state_of_the_schedule(tmp_path: Path, schedule: str) -> None:
    optimizer = torch.optim.Adam(nn.Linear(1, 1).parameters())
    made = OneCycleLR(optimizer, 1e-3, total_steps=8) if schedule == "onecycle" else PolynomialLR(optimizer, 8, 0.9)
    states = [LinearLR(optimizer, total_iters=3).state_dict(), made.state_dict()]
    with pytest.raises(InputError, match=f"schedule={schedule} of 8 optimiser steps, this run has 3"):
        check(checkpoint(tmp_path, asked(schedule), lr_schedulers=states), asked(schedule))


def test_checkpoints_that_do_not_tell_it_are_not_compared(tmp_path: Path) -> None:
    optimizer = torch.optim.Adam(nn.Linear(1, 1).parameters())
    check(checkpoint(tmp_path, asked(), lr_schedulers=[StepLR(optimizer, 1).state_dict()]), asked())
    check(checkpoint(tmp_path, asked()), asked())


def test_changes_of_nested_options() -> None:
    before = {"a": 1, "gone": 2, "part": {"b": [1], "c": 3}, "mixture": {"x": 1}}
    now = {"a": 1, "new": 2, "part": {"b": [2], "c": 3}, "mixture": {"y": 1}}
    assert changes(before, now, "data") == ["data.mixture={'y': 1}, was {'x': 1}", "data.part.b=[2], was [1]"]
