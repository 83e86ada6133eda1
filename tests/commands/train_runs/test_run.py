"""Whole runs of train.py on a few rendered samples: what a run folder holds."""

import json
from pathlib import Path

import pytest
import torch
from lightning.pytorch.loggers import CSVLogger

from gradunc.commands import run_folder as folders
from gradunc.commands import train
from gradunc.errors import InputError
from gradunc.models import load_model
from tests.commands.train_runs.helpers import arguments, rows, run

pytestmark = pytest.mark.slow


def test_run_folder_holds_everything(two_epochs: Path) -> None:
    names = {path.relative_to(two_epochs).as_posix() for path in two_epochs.rglob("*") if path.is_file()}
    assert {
        "config.yaml",
        "metrics.csv",
        "metrics.json",
        "metrics_per_image.csv",
        "sparsification.png",
        "training.png",
        "checkpoints/last.ckpt",
        "export/config.json",
        "export/model.safetensors",
        "pictures/test_00000.png",
        "pictures/test_00002.png",
        "pictures/val_00000.png",
        "pictures/val_00001.png",
    } <= names
    assert len([name for name in names if name.startswith("checkpoints/best-")]) == 1
    assert not [name for name in names if name.endswith(".part")]


def test_last_checkpoint_is_the_last_even_if_not_the_best(two_epochs: Path) -> None:
    last = torch.load(two_epochs / "checkpoints/last.ckpt", weights_only=True)
    assert last["global_step"] == 4
    assert last["epoch"] == 1
    state = next(value for key, value in last["callbacks"].items() if key.startswith("ModelCheckpoint"))
    assert Path(state["best_model_path"]).is_file()


def test_metrics_of_a_run(two_epochs: Path) -> None:
    metrics = json.loads((two_epochs / "metrics.json").read_text())
    assert (metrics["images"], metrics["images_without_truth"], metrics["non_finite_predictions"]) == (3, 0, 0)
    assert list(metrics["depth"]) == ["model", "constant depth", "mean depth map"]
    assert set(metrics["uncertainty"]["gradient"]) >= {"ause_abs_rel", "aurg_rmse", "ause_a1"}
    # Stereo training knows the baseline: no alignment.
    assert metrics["protocol"].startswith("alignment none")
    images = two_epochs / "metrics_per_image.csv"
    assert sum(map(float, rows(images, "abs_rel"))) / 3 == pytest.approx(metrics["depth"]["model"]["abs_rel"])
    history = two_epochs / "metrics.csv"
    assert len(rows(history, "train/loss")) == 4
    assert len(rows(history, "val/loss")) == len(rows(history, "val/abs_rel")) == 2
    assert [float(x) for x in rows(history, "lr-Adam")] == [1e-3, 1e-4]


def test_export_is_the_best_checkpoint(two_epochs: Path) -> None:
    losses = [float(x) for x in rows(two_epochs / "metrics.csv", "val/loss")]
    best = two_epochs / f"checkpoints/best-{losses.index(min(losses)):03d}.ckpt"
    expected, exported = load_model(best), load_model(two_epochs / "export")
    assert load_model(two_epochs).settings == exported.settings
    image = torch.rand(1, 3, 32, 64)
    assert torch.equal(expected(image).depth, exported(image).depth)


def test_dry_run_writes_no_run(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert train.main(arguments(tmp_path, cache, "--dry-run", "evaluation.baselines=true", "logger=wandb")) == 0
    assert "dry run passed" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_wrong_input_writes_nothing(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for wrong in ("uncertainty.gradient.reference=flpi", "trainer.strategy=nonsense", "logger.mode=nonsense"):
        with pytest.raises(InputError):
            train.main(arguments(tmp_path, cache, wrong))
    assert list(tmp_path.iterdir()) == []


def test_runs_of_the_same_second_get_folders_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import datetime

    class Frozen:
        @staticmethod
        def now() -> datetime:
            return datetime(2024, 1, 2, 3, 4, 5)

    monkeypatch.setattr(folders, "datetime", Frozen)
    config = folders.TrainConfig(output=str(tmp_path), name="demo")
    made = [folders.run_folder(config, None).name for _ in range(3)]
    assert made == ["20240102-030405", "20240102-030405-2", "20240102-030405-3"]


def test_a_second_run_leaves_the_first_alone(tmp_path: Path, cache: Path) -> None:
    first = run(tmp_path, cache, "trainer.max_epochs=1", "uncertainty=none")
    contents = {path: path.read_bytes() for path in first.rglob("*") if path.is_file()}
    second = run(tmp_path, cache, "trainer.max_epochs=1", "uncertainty=none", "seed=1")
    assert second != first
    assert {path: path.read_bytes() for path in first.rglob("*") if path.is_file()} == contents


def test_csv_logger_would_delete_the_history(tmp_path: Path) -> None:
    # The reason why a resumed run sets its history aside; if this fails, that is no longer needed.
    (tmp_path / "metrics.csv").write_text("step,train/loss\n0,1.0\n")
    logger = CSVLogger(tmp_path, name="", version="")
    logger.log_metrics({"train/loss": 2.0}, 1)
    logger.save()
    assert rows(tmp_path / "metrics.csv", "train/loss") == ["2.0"]
