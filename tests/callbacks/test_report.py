"""Files of a report, and what reaches W&B offline: read back from the run folder that wandb leaves."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from gradunc.assembly import Callbacks, build_trainer
from gradunc.callbacks import EvaluationCallback, ReportCallback
from gradunc.config.sections import EvaluationSettings
from gradunc.config.trainer import TrainerSettings
from gradunc.loggers import calls
from gradunc.loggers.run_info import RunInfo, RunInput
from gradunc.loggers.settings import LoggerSettings
from gradunc.losses import LossEngine
from gradunc.metrics import EvaluationProtocol
from gradunc.results import show
from gradunc.training import DepthTraining
from gradunc.uncertainty import TRIVIAL
from gradunc.uncertainty.gradient.settings import GradientSettings
from tests.callbacks.helpers import run_test, sample
from tests.helpers import files_in
from tests.training.helpers import tiny_model, toy_data

pytestmark = pytest.mark.slow


def test_metrics_json(tmp_path: Path, capsys) -> None:
    evaluation = EvaluationCallback(EvaluationProtocol(crop="garg"))
    report = ReportCallback(tmp_path / "run", evaluation, None, name="mine")
    given = sample(0)
    given["image"][:, 4, 5] = torch.nan
    given["depth"][0, 4, 5], given["valid"][0, 4, 5] = 7.0, True
    run_test([given, sample(1, seen=0.0)], [evaluation, report])
    assert json.loads((tmp_path / "run/metrics.json").read_text()) == {
        "protocol": "alignment median, 0.001-80 m, Garg crop",
        "images": 1,
        "images_without_truth": 1,
        "images_unreadable": 0,
        "non_finite_predictions": 1,
        "intervals": {"level": 0.95, "draws": 2000, "seed": 0, "unit": "image", "units": 1},
        "assumed": [],
        "depth": {"mine": evaluation.errors},
        "uncertainty": {},
    }
    names = ["metrics.json", "depth.csv", "errors_by_distance.csv", "metrics_per_image.csv", "metrics.md"]
    names += ["errors_by_distance.png"]
    assert files_in(tmp_path / "run") == set(names)
    assert report.written == [tmp_path / "run" / name for name in names]
    assert report.result is not None
    show(report.result)
    printed = capsys.readouterr().out
    assert "alignment median, 0.001-80 m, Garg crop" in printed
    assert f"{evaluation.errors['abs_rel']:.4f}" in printed


def test_nothing_is_written_without_truth(tmp_path: Path) -> None:
    evaluation = EvaluationCallback(EvaluationProtocol())
    run_test([sample(0, truth=False)], [evaluation, ReportCallback(tmp_path / "run", evaluation, None)])
    assert not (tmp_path / "run").exists()


def fit_and_test(folder: Path, logger: LoggerSettings) -> Callbacks:
    """What train.py does, on toy data."""
    module = DepthTraining(tiny_model(), LossEngine({"l1": 1.0}), config={"name": "toy"})
    settings = EvaluationSettings(baselines=True, pictures=1)
    callbacks = Callbacks(module.depth_model, {"gradient": GradientSettings()}, settings, folder)
    inputs = (RunInput("dataset", "data-toy", {"fingerprint": "1a2b"}),)
    config = {"name": "toy", "model": {"size": [32, 64]}}
    info = RunInfo(folder, "net toy l1", group="toys", resumable=True, config=config, inputs=lambda: inputs)
    loggers = calls.build_loggers(logger, info)
    trainer_settings = TrainerSettings(
        max_epochs=1, accelerator="cpu", devices="1", log_every_n_steps=1, progress=False
    )
    trainer = build_trainer(trainer_settings, callbacks.all(), folder=folder, loggers=loggers, monitor="val/abs_rel")
    calls.begin(trainer, info)
    trainer.fit(module, toy_data(3))
    trainer.test(module, toy_data(3), verbose=False)
    return callbacks


def test_csv_only_leaves_pictures_and_curves_but_no_wandb(tmp_path: Path) -> None:
    callbacks = fit_and_test(tmp_path, LoggerSettings())
    names = {path.name for path in tmp_path.iterdir()}
    assert {"metrics.json", "metrics.md", "depth.csv", "uncertainty.csv", "sparsification.csv"} <= names
    assert {"metrics.csv", "sparsification.png", "training.png", "pictures", "checkpoints"} <= names
    assert not list(tmp_path.rglob("*wandb*"))
    assert callbacks.report is not None
    for path in callbacks.report.written:
        assert path.is_file()
    assert Image.open(tmp_path / "sparsification.png").width > 100
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert list(metrics["depth"]) == ["model", "constant depth", "mean depth map"]
    assert list(metrics["uncertainty"]) == ["gradient", *(f"trivial_{name}" for name in TRIVIAL)]


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """The folder of an offline run, and the run as wandb knew it."""
    import wandb

    folder = tmp_path_factory.mktemp("offline")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WANDB_MODE", "offline")
        patch.setenv("WANDB_SILENT", "true")
        artifacts: list[Any] = []
        log_artifact = wandb.Run.log_artifact

        def spy(run: Any, artifact: Any, *arguments: Any, **keywords: Any) -> Any:
            artifacts.append((artifact.type, sorted(artifact.manifest.entries), keywords.get("aliases")))
            return log_artifact(run, artifact, *arguments, **keywords)

        patch.setattr(wandb.Run, "log_artifact", spy)
        fit_and_test(folder, LoggerSettings(kind="wandb", project="test"))
        config, summary = dict(wandb.run.config), dict(wandb.run.summary)  # pyright: ignore[reportOptionalMemberAccess]
        wandb.finish()
    return folder, {"artifacts": artifacts, "config": config, "summary": summary}


def media(folder: Path, kind: str) -> list[str]:
    """Logged media, relative to wandb's folder of the kind."""
    (run,) = folder.glob("wandb/offline-run-*")
    base = run / "files" / "media" / kind
    return sorted(path.relative_to(base).as_posix() for path in base.rglob("*") if path.is_file())


def test_wandb_gets_the_pictures(offline) -> None:
    folder, _ = offline
    pictures = media(folder, "images")
    for key in ("val/panel_", "test/panel_", "test/sparsification"):
        assert any(name.startswith(key) for name in pictures), (key, pictures)
    assert all(name.endswith(".png") for name in pictures)


def test_wandb_gets_the_tables(offline) -> None:
    folder, _ = offline
    tables = media(folder, "table")
    (depth,) = (name for name in tables if name.startswith("test/depth_table"))
    (run,) = folder.glob("wandb/offline-run-*")
    content = json.loads((run / "files/media/table" / depth).read_text())
    assert content["columns"] == ["name", "abs_rel", "sq_rel", "rmse", "rmse_log", "a1", "a2", "a3", "log10", "silog"]
    metrics = json.loads((folder / "metrics.json").read_text())
    assert [row[0] for row in content["data"]] == list(metrics["depth"])
    assert content["data"][0][1:] == pytest.approx(list(metrics["depth"]["model"].values()))
    assert any(name.startswith("test/uncertainty_table") for name in tables)


def test_wandb_gets_numbers_and_configuration(offline) -> None:
    _, run = offline
    assert run["config"]["name"] == "toy"
    assert run["config"]["model"]["size"] == [32, 64]
    assert {"train/loss", "val/loss", "val/abs_rel", "lr-Adam", "test/abs_rel", "test/gradient/ause_rmse"} <= set(
        run["summary"]
    )


def test_wandb_gets_the_best_checkpoint_once(offline) -> None:
    _, run = offline
    models = [(names, aliases) for kind, names, aliases in run["artifacts"] if kind == "model"]
    assert models == [(["model.ckpt"], ["latest", "best"])]


def test_disabled_wandb_leaves_the_local_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "disabled")
    fit_and_test(tmp_path, LoggerSettings(kind="wandb"))
    assert not list(tmp_path.glob("wandb/*run-*"))
    assert (tmp_path / "metrics.json").exists()
    assert (tmp_path / "sparsification.png").exists()
