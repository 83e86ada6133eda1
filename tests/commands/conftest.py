"""Calling a command in this process, from an empty folder."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gradunc.commands.infer import main
from gradunc.models import export_model
from tests.helpers import Call, call_command, tiny_model

if TYPE_CHECKING:
    from tests.sharing.played_hub import PlayedHub


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
    )


@pytest.fixture(scope="session")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny network as an export."""
    return export_model(tiny_model(), tmp_path_factory.mktemp("export"))


QUIET = {
    "predict": ("progress=false", "device=cpu"),
    "evaluate": ("trainer=cpu", "trainer.progress=false", "evaluation.pictures=1"),
    "benchmark": ("trainer=cpu", "trainer.progress=false"),
    "fit": ("device=cpu",),
    "study": ("trainer=cpu", "trainer.progress=false"),
    "ood": ("progress=false", "device=cpu"),
    "layers": ("device=cpu",),
    "export": (),
    "share": (),
}


@pytest.fixture
def infer(call: Call, export: Path) -> Call:
    """A verb of infer.py with the tiny network; later arguments win."""
    return lambda verb, *arguments: call(main, verb, f"checkpoint={export}", *QUIET[verb], *arguments)


@pytest.fixture
def predict(infer: Call) -> Call:
    """`infer.py predict` with the tiny network."""
    return partial(infer, "predict")


@pytest.fixture
def evaluate(infer: Call) -> Call:
    """`infer.py evaluate` with the tiny network."""
    return partial(infer, "evaluate")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator["PlayedHub"]:
    """A Hugging Face Hub on this machine."""
    from tests.sharing.played_hub import playing

    with playing(monkeypatch, str(tmp_path / "cache")) as played:
        yield played
