"""Whole runs of train.py, and infer.py over two processes, on a few rendered samples."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch.loggers import CSVLogger

from gradunc.commands import infer, train
from gradunc.commands import run_folder as folders
from gradunc.commands.resume import checkpoint_to_resume
from gradunc.errors import InputError
from gradunc.models import export_model, load_model
from tests.helpers import in_two_processes
from tests.training.helpers import tiny_model

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
TINY = [
    "data=synthetic",
    "model=lcnet",
    "objective=stereo",
    "trainer=cpu",
    "trainer.progress=false",
    "trainer.log_every=1",
    "model.size=[32,64]",
    "model.decoder_channels=[8,8,8,8,8]",
    "objective.step_size=1",
    "objective.learning_rate=1e-3",
    "data.batch_size=2",
    "data.eval_batch_size=2",
    "data.synthetic.train_scenes=4",
    "data.synthetic.val_scenes=2",
    "data.synthetic.test_scenes=3",
    "data.synthetic.frames_per_scene=1",
    "evaluation.pictures=0",
]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rendered samples, shared by all runs."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOCAL_RANK", folders.SHARED):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def arguments(tmp: Path, cache: Path, *more: str) -> list[str]:
    return [*TINY, f"output={tmp}/runs", f"data.cache={cache}", *more]


def run(tmp: Path, cache: Path, *more: str) -> Path:
    """Train; returns the run folder, the newest one."""
    before = set((tmp / "runs/run").glob("*"))
    assert train.main(arguments(tmp, cache, *more)) == 0
    after = set((tmp / "runs/run").glob("*"))
    return next(iter(after - before or after))


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return torch.load(folder / "checkpoints/last.ckpt", weights_only=True)["state_dict"]


def rows(path: Path, column: str) -> list[str]:
    with path.open(newline="") as file:
        return [row[column] for row in csv.DictReader(file) if row.get(column)]


@pytest.fixture(scope="module")
def two_epochs(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    """The folder of an uninterrupted run of two epochs."""
    given = ["trainer.max_epochs=2", "evaluation.baselines=true", "evaluation.pictures=2"]
    return run(tmp_path_factory.mktemp("straight"), cache, *given)


def test_run_folder_holds_everything(two_epochs: Path) -> None:
    names = {path.relative_to(two_epochs).as_posix() for path in two_epochs.rglob("*") if path.is_file()}
    assert {
        "config.yaml",
        "metrics.csv",
        "metrics.json",
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


@pytest.mark.parametrize("how", ["folder", "auto"])
def test_resumed_run_equals_an_uninterrupted_one(tmp_path: Path, cache: Path, two_epochs: Path, how: str) -> None:
    first = run(tmp_path, cache, "trainer.max_epochs=1")
    loss_before = rows(first / "metrics.csv", "train/loss")
    resumed = run(tmp_path, cache, "trainer.max_epochs=2", f"resume={first if how == 'folder' else 'auto'}")
    assert resumed == first
    assert rows(first / "metrics.1.csv", "train/loss") == loss_before
    both = loss_before + rows(first / "metrics.csv", "train/loss")
    assert [float(x) for x in both] == pytest.approx([float(x) for x in rows(two_epochs / "metrics.csv", "train/loss")])
    assert [path.name for path in (first / "checkpoints").glob("last*")] == ["last.ckpt"]
    straight, ours = weights(two_epochs), weights(first)
    assert straight.keys() == ours.keys()
    for key, value in straight.items():
        assert torch.allclose(ours[key], value, rtol=1e-6, atol=1e-6), key


def test_every_part_of_the_optimisation_is_resumed(tmp_path: Path, cache: Path) -> None:
    """Average of the weights, warm-up, two learning rates, clipped values."""
    given = [
        *["objective.ema=0.5", "objective.warmup_steps=3", "objective.encoder_learning_rate=1e-4"],
        *["trainer.gradient_clip=0.01", "trainer.gradient_clip_algorithm=value", "uncertainty=none"],
    ]
    straight = run(tmp_path / "straight", cache, "trainer.max_epochs=2", *given)
    run(tmp_path, cache, "trainer.max_epochs=1", *given)
    resumed = run(tmp_path, cache, "trainer.max_epochs=2", "resume=auto", *given)
    # The first of three steps of warm-up, and the third after a drop to a tenth: logged once per epoch.
    for name, rate in (("encoder", 1e-4), ("others", 1e-3)):
        found = [float(x) for x in rows(straight / "metrics.csv", f"lr-Adam/{name}")]
        assert found == pytest.approx([rate / 3, rate / 10])
    one, two = (torch.load(path / "checkpoints/last.ckpt", weights_only=True) for path in (straight, resumed))
    assert one["callbacks"]["WeightAverage"] == two["callbacks"]["WeightAverage"] == {"updates": 4}
    for part in ("state_dict", "current_state_dict"):
        for key, value in one[part].items():
            assert torch.allclose(two[part][key], value, rtol=1e-6, atol=1e-6), key
    assert not all(torch.equal(one["state_dict"][key], value) for key, value in one["current_state_dict"].items())
    best = next((straight / "checkpoints").glob("best-*"))
    exported, expected = load_model(straight / "export").state_dict(), torch.load(best, weights_only=True)["state_dict"]
    assert all(torch.equal(value, expected[f"depth_model.{key}"]) for key, value in exported.items())


def test_resume_auto_without_a_run_starts_one(tmp_path: Path, cache: Path) -> None:
    folder = run(tmp_path, cache, "trainer.max_epochs=1", "resume=auto", "uncertainty=none")
    assert (folder / "checkpoints/last.ckpt").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("model.decoder_channels=[8,8,8,8,12]", "was trained with model.decoder_channels="),
        ("model.size=[32,96]", "was trained with model.size="),
        ("model=rt_monodepth_s", "was trained with model.architecture=monodepth2"),
        ("objective=supervised", r"was trained with objective.frames=\['s'\], this run asks for \[\]"),
        ("objective.optimizer=adamw", "was trained with objective.optimizer=adam, this run asks for adamw"),
        (
            "objective.schedule=constant objective.step_size=15",
            "was trained with objective.schedule=step, this run asks for constant",
        ),
        ("objective.step_size=2", "was trained with objective.step_size=1, this run asks for 2"),
        ("objective.learning_rate=5e-3", r"was trained with objective.learning_rate=0.001, this run asks for 0.005"),
        ("objective.weight_decay=0.1", "was trained with objective.weight_decay=0.0, this run asks for 0.1"),
        ("objective.losses.smoothness=0.5", r"was trained with objective.losses=\{.*, this run asks for \{"),
        ("model.max_depth=20", "was trained with model.max_depth=100.0, this run asks for 20.0"),
        ("model.mean=[0,0,0]", r"was trained with model.mean=\[0.485, .*\], this run asks for \[0.0, 0.0, 0.0\]"),
        ("objective.ema=0.9", "was trained with objective.ema=None, this run asks for 0.9"),
        ("objective.encoder_learning_rate=1e-5", "was trained with objective.encoder_learning_rate=None, this run"),
    ],
)
def test_resuming_with_something_else_is_one_line(
    tmp_path: Path, cache: Path, two_epochs: Path, change: str, message: str
) -> None:
    before = sorted(two_epochs.rglob("*"))
    given = arguments(tmp_path, cache, f"resume={two_epochs}", *change.split())
    if "model=rt_monodepth_s" in given:  # which has no such setting
        given.remove("model.decoder_channels=[8,8,8,8,8]")
    with pytest.raises(InputError, match=message) as error:
        train.main(given)
    assert "\n" not in str(error.value)
    assert sorted(two_epochs.rglob("*")) == before
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("schedule", ["onecycle", "poly"])
def test_a_schedule_over_all_steps_cannot_be_made_longer(tmp_path: Path, cache: Path, schedule: str) -> None:
    given = [f"objective.schedule={schedule}", "objective.step_size=15", "uncertainty=none"]
    folder = run(tmp_path, cache, "trainer.max_epochs=1", *given)
    before = sorted(folder.rglob("*"))
    for _ in range(2):
        with pytest.raises(
            InputError,
            match=rf"schedule={schedule} of 2 optimiser steps, this run has 4 \(trainer\.max_epochs=2, was 1",
        ):
            train.main(arguments(tmp_path, cache, "trainer.max_epochs=2", "resume=auto", *given))
        assert sorted(folder.rglob("*")) == before
        # Once more as a checkpoint of an older version, which does not tell the number itself.
        path = folder / "checkpoints/last.ckpt"
        stored = torch.load(path, weights_only=True)
        stored["gradunc"].pop("total_steps", None)
        torch.save(stored, path)


def test_the_nearest_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "last.ckpt").touch()
    config = folders.TrainConfig(resume=f"{tmp_path}/lst.ckpt")
    with pytest.raises(InputError, match=f"does not exist; .*; nearest: '{tmp_path}/last.ckpt'"):
        checkpoint_to_resume(config)


@pytest.mark.parametrize("how", ["moved", "no validation"])
def test_without_a_best_checkpoint_the_last_is_tested(tmp_path: Path, cache: Path, capsys, how: str) -> None:
    if how == "moved":
        folder = run(tmp_path, cache, "trainer.max_epochs=1", "uncertainty=none")
        folder.rename(folder.with_name("moved"))
        folder = run(tmp_path, cache, "trainer.max_epochs=1", "uncertainty=none", "resume=auto")
        assert folder.name == "moved"
    else:
        folder = run(tmp_path, cache, "trainer.max_steps=1", "uncertainty=none")
    assert f"best checkpoint: {folder}/checkpoints/last.ckpt" in capsys.readouterr().out


def test_resuming_from_nothing(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(InputError, match="resume='nowhere' does not exist"):
        train.main(arguments(tmp_path, cache, "resume=nowhere"))


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


def start(script: str, given: Sequence[str], **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a command in a process of its own."""
    return subprocess.run(
        [sys.executable, str(ROOT / script), *given],
        env={**os.environ, "OMP_NUM_THREADS": "1", "WANDB_MODE": "disabled", **environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


DDP = ("trainer.strategy=ddp", "trainer.devices=2")


def test_two_processes_measure_what_one_does(tmp_path: Path, cache: Path) -> None:
    export = export_model(tiny_model(), tmp_path / "model")
    common = [
        f"checkpoint={export}",
        f"data.cache={cache}",
        *["data=synthetic", "data.synthetic.test_scenes=5", "data.synthetic.frames_per_scene=1", "trainer=cpu"],
        *["trainer.progress=false", "uncertainty=flip_and_gray", "evaluation.pictures=5"],
    ]
    results: dict[str, dict[str, Any]] = {}
    assert infer.main(["evaluate", *common, f"output={tmp_path / 'one'}"]) == 0
    in_two_processes(lambda: infer.main(["evaluate", *common, f"output={tmp_path / 'two'}", *DDP]))
    for name in ("one", "two"):
        results[name] = json.loads((tmp_path / name / "metrics.json").read_text())
    one, two = results["one"], results["two"]
    assert one["images"] == two["images"] == 5
    assert one["non_finite_predictions"] == two["non_finite_predictions"]
    assert one["depth"].keys() == two["depth"].keys()
    for table in ("depth", "uncertainty"):
        assert one[table].keys() == two[table].keys()
        for name, values in one[table].items():
            assert two[table][name].pop("scale", "") == values.pop("scale", "")
            assert two[table][name] == pytest.approx(values, rel=1e-6, abs=1e-9)
    pictures = [sorted(path.name for path in (tmp_path / name / "pictures").iterdir()) for name in ("one", "two")]
    assert pictures[0] == pictures[1]
    assert len(pictures[0]) == 5


def test_two_processes_train_together(tmp_path: Path, cache: Path) -> None:
    given = arguments(tmp_path, cache, *DDP, "trainer.max_epochs=1", "evaluation.baselines=true", "objective=mono")
    given += [
        "evaluation.pictures=2",
        "objective.ema=0.9",
        "objective.encoder_learning_rate=1e-4",
        "objective.warmup_steps=2",
    ]
    done = start("train.py", [*given, "objective.pose_encoder=lcnet_050"])
    assert done.returncode == 0, done.stderr[-2000:]
    (folder,) = (tmp_path / "runs/run").iterdir()
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["images"] == 3
    assert list(metrics["depth"]) == ["model", "constant depth", "mean depth map"]
    assert load_model(folder / "export").settings.size == [32, 64]


def test_csv_logger_would_delete_the_history(tmp_path: Path) -> None:
    # The reason why a resumed run sets its history aside; if this fails, that is no longer needed.
    (tmp_path / "metrics.csv").write_text("step,train/loss\n0,1.0\n")
    logger = CSVLogger(tmp_path, name="", version="")
    logger.log_metrics({"train/loss": 2.0}, 1)
    logger.save()
    assert rows(tmp_path / "metrics.csv", "train/loss") == ["2.0"]


@pytest.mark.parametrize("source", ["run folder", "checkpoint"])
def test_training_starts_from_a_trained_network(tmp_path: Path, cache: Path, two_epochs: Path, source: str) -> None:
    """Another objective, whose first validation without a step of training is that of the trained network."""
    path = two_epochs if source == "run folder" else two_epochs / "checkpoints/last.ckpt"
    given = [f"model.weights={path}", "objective=supervised", "objective.learning_rate=1e-30", "trainer.max_epochs=1"]
    folder = run(tmp_path, cache, *given, "uncertainty=none")
    image = torch.rand(1, 3, 32, 64)
    trained, started = load_model(path), load_model(folder / "export")
    # Norms of batches go on counting while training, so their statistics differ a little.
    assert torch.allclose(started(image).depth, trained(image).depth, rtol=0.3)
    for name, value in trained.named_parameters():
        assert torch.allclose(dict(started.named_parameters())[name], value, atol=1e-25), name
    with pytest.raises(InputError, match=r"set model\.decoder_channels=\[8,8,8,8,8\]$"):
        train.main(arguments(tmp_path, cache, *given, "model.decoder_channels=[8,8,8,8,12]"))


def test_a_resumed_run_needs_no_weights_to_start_from(tmp_path: Path, cache: Path, two_epochs: Path) -> None:
    folder = run(tmp_path, cache, f"model.weights={two_epochs}", "trainer.max_epochs=1", "uncertainty=none")
    config = folder / "config.yaml"
    config.write_text(config.read_text().replace(str(two_epochs), "gone"))
    assert train.main([str(config), f"resume={folder}", "trainer.max_epochs=2"]) == 0
    assert "weights: gone" in config.read_text(), "where the run came from is still known"
