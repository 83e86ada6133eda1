"""train.py with a training that diverges: one line, no best checkpoint, no export, no table."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from gradunc.commands import train
from gradunc.losses import LossEngine, LossInputs, LossResult
from tests.commands.train_runs.helpers import arguments, rows
from tests.helpers import Outcome, assert_one_error, call_command, files_in

FAST = ("trainer.max_epochs=2", "uncertainty=none")

OBJECTIVES = {
    "l1": ("objective=supervised",),
    "laplace": ("objective=supervised_laplace", "model.uncertainty_head=true"),
    "photometric": ("objective=stereo",),
    "photometric of a predicted motion": (
        "objective=mono",
        "objective.pose_encoder=lcnet_050",
        "objective.pose_pretrained=false",
    ),
}


@pytest.fixture
def call_train(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Any:
    """Arguments beside those of a tiny run -> what the command did."""
    return lambda *more: call_command(train.main, arguments(tmp_path, cache, *FAST, *more), monkeypatch, capsys)


def run_folder(tmp_path: Path) -> Path:
    (folder,) = (tmp_path / "runs/run").iterdir()
    return folder


def assert_nothing_of_it_is_kept(folder: Path) -> None:
    assert [
        name
        for name in files_in(folder)
        if name.startswith(("checkpoints/", "export/")) or name in ("metrics.json", "depth.csv")
    ] == []


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_loss_that_overflows_ends_the_run(objective: str, tmp_path: Path, call_train: Any) -> None:
    # The first step takes the weights to 1e25, where the next forward pass overflows. A NaN place of view synthesis
    # would end this process.
    outcome = call_train(*OBJECTIVES[objective], "objective.learning_rate=1e25")
    folder, term = run_folder(tmp_path), objective.split()[0]
    batch = folder / "nonfinite-step-000001.pt"
    what = f"training diverged: loss {term} is not finite at step 1 (epoch 0) with learning rate 1e+25"
    assert_one_error(outcome, f"{what}, its batch is saved as {batch}; lower objective.learning_rate")
    assert_nothing_of_it_is_kept(folder)
    assert torch.load(batch, weights_only=True)["batch"]["image"].shape == (2, 3, 32, 64)


def test_a_network_that_diverges_with_the_last_step_is_not_the_best(tmp_path: Path, call_train: Any) -> None:
    outcome = call_train("objective=supervised", "objective.learning_rate=1e25", "data.batch_size=4")
    lines = outcome.err.strip().splitlines()
    assert outcome.code == 2
    assert "after 1 steps with learning rate 1e+25; lower objective.learning_rate" in lines[-1]
    assert_nothing_of_it_is_kept(run_folder(tmp_path))


def spoil_steps(monkeypatch: pytest.MonkeyPatch, *spoiled: int) -> None:
    """Let the loss of some training batches, by number, be NaN."""
    ask, seen = LossEngine.__call__, []

    def engine(self: LossEngine, inputs: LossInputs) -> LossResult:
        result = ask(self, inputs)
        if not torch.is_grad_enabled():
            return result
        seen.append(None)
        return result._replace(total=result.total * math.nan) if len(seen) - 1 in spoiled else result

    monkeypatch.setattr(LossEngine, "__call__", engine)


@pytest.mark.slow
def test_skipped_steps_are_counted(tmp_path: Path, call_train: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil_steps(monkeypatch, 1, 2)
    with pytest.warns(UserWarning, match="an optimiser step is skipped: the loss is not finite at step 1 ") as warned:
        outcome: Outcome = call_train("trainer.on_nonfinite=skip")
    folder = run_folder(tmp_path)
    reason = f"the loss is not finite at step 1 (epoch 0) with learning rate 0.001, its batch is saved as {folder}"
    assert outcome.code == 0, outcome.err
    assert f"2 of 4 optimiser steps were skipped, the first because {reason}" in outcome.out
    assert sum("skipped" in str(one.message) for one in warned) == 1
    assert [float(value) for value in rows(folder / "metrics.csv", "train/skipped")] == [0, 0, 1, 2]
    assert [name for name in files_in(folder) if name.startswith("nonfinite")] == ["nonfinite-step-000001.pt"]
    assert {"metrics.json", "export/model.safetensors", "checkpoints/last.ckpt"} <= files_in(folder)


def test_a_dry_run_that_diverges_writes_nothing(call_train: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil_steps(monkeypatch, 0)
    outcome = call_train("--dry-run")
    assert_one_error(outcome, "training diverged: the loss is not finite at step 0 (epoch 0) with learning rate 0.001;")


@pytest.mark.parametrize("accelerator", ["cpu", "auto"])
def test_float16_is_refused_on_a_cpu(
    accelerator: str, tmp_path: Path, call_train: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    outcome = call_train("trainer.precision=16-mixed", f"trainer.accelerator={accelerator}")
    assert_one_error(
        outcome,
        f"trainer.precision=16-mixed needs a GPU, but trainer.accelerator={accelerator} is the CPU here; "
        "set trainer.precision=bf16-mixed or 32-true",
    )
    assert not (tmp_path / "runs").exists()


def test_an_unknown_policy_is_refused(tmp_path: Path, call_train: Any) -> None:
    assert_one_error(
        call_train("trainer.on_nonfinite=skp"), "trainer.on_nonfinite=skp must be stop or skip; did you mean 'skip'?"
    )
    assert not (tmp_path / "runs").exists()
