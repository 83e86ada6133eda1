"""W&B without its server: ids, sweeps, summaries and inputs; whole runs are in `tests/commands/train_runs`."""

from pathlib import Path
from typing import Any

import pytest

from gradunc.loggers.lineage import use_input
from gradunc.loggers.run_info import RunInfo, RunInput
from gradunc.loggers.settings import LoggerSettings
from gradunc.loggers.wandb import ID_FILE, WANDB, RunLogger, mode_of, run_id


class FakeRun:
    """Notes what it is told."""

    disabled = offline = False

    def __init__(self, offline: bool = False) -> None:
        self.offline = offline
        self.config = FakeConfig()
        self.used: list[Any] = []
        self.defined: dict[str, Any] = {}
        self.logged: list[Any] = []
        self.id = "abcd1234"

    def use_artifact(self, artifact: Any) -> None:
        if self.offline:
            raise TypeError("Cannot use artifact when in offline mode.")
        self.used.append(artifact)

    def define_metric(self, name: str, **options: Any) -> None:
        self.defined[name] = options

    def log(self, values: Any) -> None:
        self.logged.append(values)


class FakeConfig(dict[str, Any]):
    def update(self, values: Any, allow_val_change: bool = False) -> None:
        super().update(values)


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WANDB_RUN_ID", "WANDB_SWEEP_ID", "WANDB_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WANDB_MODE", "offline")


def built(folder: Path, settings: LoggerSettings | None = None, **info: Any) -> RunLogger:
    _, logger = WANDB.build(settings or LoggerSettings(kind="wandb"), RunInfo(folder, **info))
    assert isinstance(logger, RunLogger)
    return logger


def test_the_id_belongs_to_the_folder(tmp_path, monkeypatch):
    first = run_id(tmp_path)
    assert first != run_id(tmp_path), "a new one, as long as none is kept"
    monkeypatch.setenv("WANDB_RUN_ID", "of-the-shell")
    assert run_id(tmp_path) == "of-the-shell"
    (tmp_path / ID_FILE).write_text("kept1\n")
    assert run_id(tmp_path) == "kept1"
    (tmp_path / ID_FILE).write_bytes(b"\xff no id")
    assert run_id(tmp_path) == "of-the-shell"


def test_what_wandb_is_told(tmp_path):
    settings = LoggerSettings("wandb", "p", entity="team", tags=["a", "b"], notes="why")
    options = built(tmp_path, settings, title="net data l1", group="mine", resumable=True)._wandb_init
    assert (options["name"], options["project"], options["entity"]) == ("net data l1", "p", "team")
    assert (options["group"], options["tags"], options["job_type"]) == ("mine", ["a", "b"], "train")
    assert (options["notes"], options["resume"], options["mode"]) == ("why", "allow", "offline")
    assert options["id"]


def test_options_win(tmp_path):
    settings = LoggerSettings("wandb", name="n", group="g", job_type="j")
    options = built(tmp_path, settings, title="t", group="mine", job="evaluate")._wandb_init
    assert (options["name"], options["group"], options["job_type"]) == ("n", "g", "j")
    assert options["id"] is options["resume"] is None, "an evaluation is a run of its own every time"


def test_a_sweep_has_its_own_project_and_id(tmp_path, monkeypatch):
    """W&B would warn of each."""
    monkeypatch.setenv("WANDB_SWEEP_ID", "s1")
    options = built(tmp_path, LoggerSettings("wandb", entity="team"), resumable=True)._wandb_init
    assert options["project"] is options["entity"] is options["id"] is None


@pytest.mark.parametrize(("mode", "expected"), [("auto", "offline"), ("disabled", "disabled"), ("online", "online")])
def test_modes(mode, expected):
    assert mode_of(LoggerSettings(mode=mode)) == expected


def test_the_best_value_of_a_validation_is_in_the_summary(tmp_path):
    logger = built(tmp_path)
    logger._experiment = run = FakeRun()
    metrics = {"val/loss": 1.0, "val/a1": 0.5, "val/gradient/aurg_rmse": 2.0, "val/gradient/ause_rmse": 1.0}
    for _ in range(2):
        logger.log_metrics({**metrics, "train/loss": 1.0, "lr-Adam": 0.1, "test/abs_rel": 1.0}, step=4)
    assert {name: options["summary"] for name, options in run.defined.items()} == {
        "val/loss": "min,last",
        "val/a1": "max,last",
        "val/gradient/aurg_rmse": "max,last",
        "val/gradient/ause_rmse": "min,last",
    }
    assert all(options["step_metric"] == "trainer/global_step" for options in run.defined.values())
    assert run.logged[1]["trainer/global_step"] == 4


DATA = RunInput("dataset", "data-toy", {"fingerprint": "1a2b", "train": 3})


def test_an_input_is_an_artifact_online():
    run = FakeRun()
    use_input(run, DATA)
    use_input(run, RunInput("model", "start-weights", {"sha256": {"a.ckpt": "ff"}}))
    facts = {"name": "data-toy", "fingerprint": "1a2b", "train": 3}
    assert run.config["inputs"] == {"dataset": facts, "model": {"name": "start-weights", "sha256": {"a.ckpt": "ff"}}}
    data, weights = run.used
    assert (data.name, data.type, data.metadata) == ("data-toy", "dataset", facts)
    assert list(data.manifest.entries) == ["facts.json"]
    assert (weights.name, weights.type) == ("start-weights", "model")


def test_offline_it_is_in_the_configuration_only():
    run = FakeRun(offline=True)
    use_input(run, DATA)
    assert not run.used
    assert run.config["inputs"]["dataset"]["fingerprint"] == "1a2b"
