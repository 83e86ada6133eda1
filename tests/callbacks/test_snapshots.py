"""Snapshots fall on the ends of cycles, where the learning rate is smallest."""

import json
import math
from pathlib import Path
from typing import Any

import lightning as L
import pytest
import torch

from gradunc.callbacks import SnapshotCallback, WeightAverage
from gradunc.errors import InputError
from gradunc.losses import LossEngine
from gradunc.training import DepthTraining, Optimization
from gradunc.uncertainty.empirical.manifest import bound
from gradunc.uncertainty.empirical.members import named
from tests.training.helpers import quiet_trainer, tiny_model, toy_data


class Rates(DepthTraining):
    """Notes the learning rate of each step."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.rates: list[float] = []

    def optimizer_step(self, *arguments: Any, **keywords: Any) -> None:
        self.rates.append(self.trainer.optimizers[0].param_groups[0]["lr"])
        super().optimizer_step(*arguments, **keywords)


def fit(folder: Path, cycles: int, *before: L.Callback, resume: Path | None = None, **options: Any):
    """Epochs of three batches."""
    torch.manual_seed(0)
    callback = SnapshotCallback(folder)
    module = Rates(tiny_model(), LossEngine({"l1": 1.0}), optimization=Optimization(schedule="cyclic", cycles=cycles))
    trainer = quiet_trainer(callbacks=[*before, callback], limit_val_batches=0, **options)
    data = toy_data(6)
    data.batch_size = 2
    trainer.fit(module, data, ckpt_path=resume)
    return module, callback


def snapshots(folder: Path) -> dict[str, dict[str, Any]]:
    paths = sorted((folder / "checkpoints").glob("snapshot-*.ckpt"))
    return {path.name: torch.load(path, weights_only=True) for path in paths}


@pytest.mark.parametrize(
    ("options", "cycles", "ends", "rest"),
    [
        ({"max_epochs": 4}, 4, [3, 6, 9, 12], 0),
        ({"max_epochs": 4}, 2, [6, 12], 0),
        ({"max_epochs": 4}, 5, [3, 6, 9, 12], 0),  # ceil(12/5) = 3
        ({"max_epochs": -1, "max_steps": 10}, 3, [4, 8], 2),  # within epochs
        ({"max_epochs": 4, "accumulate_grad_batches": 2}, 2, [4, 8], 0),  # two steps in an epoch of three batches
    ],
)
def test_they_fall_on_the_ends_of_cycles(tmp_path, options, cycles, ends, rest):
    module, callback = fit(tmp_path, cycles, **options)
    found = snapshots(tmp_path)
    assert [one["global_step"] for one in found.values()] == ends
    length = math.ceil(len(module.rates) / cycles)
    for end in ends:
        cycle = module.rates[end - length : end]
        assert cycle[-1] == min(cycle)
        assert cycle[0] == max(cycle) == 1e-4
        assert end == len(module.rates) or module.rates[end] == 1e-4, "the next step restarts the rate"
    assert any("ended after" in line for line in callback.notes()) == (rest > 0)
    assert f"snapshots: {len(ends)} networks" in callback.notes()[0]
    manifest = bound(tmp_path)
    assert [path.name for path in manifest.ready] == list(found)
    assert manifest.waiting == []
    assert manifest.ended


def test_a_resumed_run_has_the_same(tmp_path):
    fit(tmp_path / "straight", 2, max_epochs=4)
    expected = snapshots(tmp_path / "straight")
    fit(tmp_path / "first", 2, Interrupt(8, tmp_path / "last.ckpt"), max_epochs=4)
    first = tmp_path / "first/checkpoints"
    assert [path.name for path in first.iterdir()] == ["snapshot-01.ckpt"]
    written = json.loads((tmp_path / "first/snapshots.json").read_text())
    assert [one["finished"] for one in written["members"]] == [True, False]
    before = (first / "snapshot-01.ckpt").stat().st_mtime_ns
    fit(tmp_path / "first", 2, resume=tmp_path / "last.ckpt", max_epochs=4)
    assert (first / "snapshot-01.ckpt").stat().st_mtime_ns == before
    found = snapshots(tmp_path / "first")
    assert found.keys() == expected.keys()
    for name, one in expected.items():
        assert found[name]["global_step"] == one["global_step"]
        for key, value in one["state_dict"].items():
            torch.testing.assert_close(found[name]["state_dict"][key], value, rtol=1e-6, atol=1e-7)
    assert bound(tmp_path / "first").waiting == []


def test_a_run_that_ended_early_counts_what_there_is(tmp_path):
    """Six cycles of two steps; the run ends behind the first one, and behind the third one."""
    _, callback = fit(tmp_path / "one", 6, Interrupt(3, tmp_path / "last.ckpt"), max_epochs=4)
    assert callback.notes() == ["1 of 6 snapshots: the run ended early, after 3 of 12 optimiser steps; a cycle has 2"]
    with pytest.raises(InputError, match=r"has 1 trained networks of 6, .* the training ended early: train anew"):
        named([], str(tmp_path / "one"))
    _, callback = fit(tmp_path / "three", 6, Interrupt(6, tmp_path / "last.ckpt"), max_epochs=4)
    early, call = callback.notes()
    assert early.startswith("3 of 6 snapshots: the run ended early, after 6 of 12 optimiser steps")
    assert f"checkpoint={tmp_path / 'three'} uncertainty=ensemble" in call
    paths, notes = named([], str(tmp_path / "three"))
    assert all(Path(path).is_file() for path in paths)
    assert len(paths) == 3
    assert notes == ["manifest: 3 of 6 members; the training ended early"]


def test_a_run_that_ended_before_its_first_snapshot_names_no_file(tmp_path):
    _, callback = fit(tmp_path / "run", 2, Interrupt(3, tmp_path / "last.ckpt"), max_epochs=4)
    assert callback.notes() == ["0 of 2 snapshots: the run ended early, after 3 of 12 optimiser steps; a cycle has 6"]
    assert not (tmp_path / "run").exists()


class Interrupt(L.Callback):
    """End a fit behind a step, in the midst of an epoch, with a checkpoint."""

    def __init__(self, step: int, path: Path) -> None:
        self.step, self.path = step, path

    def on_train_batch_end(self, trainer: L.Trainer, *_: Any) -> None:
        if trainer.global_step == self.step:
            trainer.save_checkpoint(self.path)
            trainer.should_stop = True


def test_an_average_of_the_weights_is_what_a_snapshot_holds(tmp_path):
    fit(tmp_path, 2, WeightAverage(0.9), max_epochs=2)
    for one in snapshots(tmp_path).values():
        assert not all(torch.equal(one["state_dict"][key], value) for key, value in one["current_state_dict"].items())


def test_a_run_that_did_not_begin_says_nothing(tmp_path):
    assert SnapshotCallback(tmp_path).notes() == []
