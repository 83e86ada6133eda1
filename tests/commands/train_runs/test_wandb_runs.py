"""Whole runs with W&B offline, and with TensorBoard."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import wandb

from gradunc.commands import train
from gradunc.loggers.wandb import ID_FILE
from tests.commands.train_runs.helpers import arguments, run
from tests.commands.train_runs.test_ends import before_step
from tests.helpers import call_command

pytestmark = pytest.mark.slow

GIVEN = ("logger=wandb", "logger.mode=offline", "logger.tags=[a,b]", "evaluation.trivial=false")


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The runs that W&B has begun."""
    found: list[Any] = []
    init = wandb.init

    def noting(**options: Any) -> Any:
        found.append(init(**options))
        return found[-1]

    monkeypatch.setattr(wandb, "init", noting)
    return found


def test_an_interrupted_and_resumed_training_is_one_run_without_a_warning(
    tmp_path: Path, cache: Path, runs: list[Any], monkeypatch: pytest.MonkeyPatch, capfd
) -> None:
    given = arguments(tmp_path, cache, *GIVEN, "trainer.max_epochs=2", "evaluation.pictures=1")
    with monkeypatch.context() as patched:
        before_step(patched, 3, lambda: os.kill(os.getpid(), signal.SIGINT))
        outcome = call_command(train.main, given, patched, capfd)
    (folder,) = (tmp_path / "runs/run").iterdir()
    assert outcome.code == 130
    assert outcome.err.splitlines()[-1] == f"interrupted (SIGINT); continue with resume=auto, or resume={folder}"
    assert wandb.run is None, "closed before our last line"
    again = call_command(train.main, [*given, "resume=auto"], monkeypatch, capfd)
    assert again.code == 0
    first, second = runs
    identity = (folder / ID_FILE).read_text().strip()
    assert first.id == second.id == identity
    offline = sorted(path.name for path in (folder / "wandb").glob("offline-run-*"))
    assert len(offline) == 2
    assert all(name.endswith(f"-{identity}") for name in offline)
    assert (first.name, list(first.tags), first.job_type) == (
        "monodepth2-lcnet_050 synthetic stereo",
        ["a", "b"],
        "train",
    )
    inputs = dict(second.config)["inputs"]
    assert inputs["dataset"]["train"] == 4
    assert len(inputs["dataset"]["fingerprint"]) == 16
    for line in (outcome.err + again.err).splitlines():
        assert "warn" not in line.lower(), line


def test_tensorboard_beside_the_files(tmp_path: Path, cache: Path) -> None:
    folder = run(
        tmp_path, cache, "logger=tensorboard", "trainer.max_epochs=1", "uncertainty=none", "evaluation.pictures=1"
    )
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder / "tensorboard"))
    found.Reload()
    assert {"train/loss", "val/loss", "lr-Adam", "test/abs_rel"} <= set(found.Tags()["scalars"])
    assert any(tag.startswith("val/panel_") for tag in found.Tags()["images"])
    metrics = json.loads((folder / "metrics.json").read_text())
    assert found.Scalars("test/abs_rel")[0].value == pytest.approx(metrics["depth"]["model"]["abs_rel"])
    assert (folder / "metrics.csv").is_file()


def test_no_logger(tmp_path: Path, cache: Path) -> None:
    folder = run(tmp_path, cache, "logger=none", "trainer.max_epochs=1", "uncertainty=none")
    assert not (folder / "metrics.csv").exists()
    assert (folder / "metrics.json").is_file()
    assert (folder / "export").is_dir()
