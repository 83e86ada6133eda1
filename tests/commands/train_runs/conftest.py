"""What the runs share: rendered samples, and one run of two epochs."""

from pathlib import Path

import pytest

from gradunc.commands import run_folder as folders
from tests.commands.train_runs.helpers import run


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rendered samples, shared by all runs."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOCAL_RANK", folders.SHARED):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def two_epochs(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    """The folder of an uninterrupted run of two epochs."""
    given = ["trainer.max_epochs=2", "evaluation.baselines=true", "evaluation.pictures=2"]
    return run(tmp_path_factory.mktemp("straight"), cache, *given)
