"""Calling a command in this process, from an empty folder."""

from pathlib import Path

import pytest

from gradunc.commands.infer import main
from gradunc.models import export_model
from tests.helpers import Call, call_command, tiny_model


@pytest.fixture
def call(monkeypatch, capsys, tmp_path) -> Call:
    """main, arguments -> code, stdout, stderr; the working directory is `tmp_path / "here"`."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for name in ("GRADUNC_RUN_FOLDER", "LOCAL_RANK", "PL_GLOBAL_SEED", "PL_SEED_WORKERS", "WANDB_MODE"):
        monkeypatch.setenv(name, "")  # registers the name, so that what a command sets is taken back
        monkeypatch.delenv(name)
    return lambda main, *arguments: call_command(main, arguments, monkeypatch, capsys)


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cache of rendered samples that evaluations of this package share."""
    return tmp_path_factory.mktemp("rendered")


@pytest.fixture
def synthetic(rendered: Path) -> tuple[str, ...]:
    """Arguments of infer.py for three small synthetic scenes."""
    return (
        "data=synthetic",
        f"data.cache={rendered}",
        "data.synthetic.test_scenes=3",
        "data.synthetic.frames_per_scene=1",
        "data.eval_batch_size=2",
        "evaluation.pictures=1",
        "trainer=cpu",
    )


@pytest.fixture(scope="session")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny network as an export."""
    return export_model(tiny_model(), tmp_path_factory.mktemp("export"))


@pytest.fixture
def infer(call: Call, export: Path) -> Call:
    """infer.py with the tiny network; later arguments win."""
    return lambda *arguments: call(main, f"checkpoint={export}", "trainer.progress=false", "device=cpu", *arguments)
