"""Calling a command in this process, from an empty folder."""

import pytest

from tests.helpers import Call, call_command


@pytest.fixture
def call(monkeypatch, capsys, tmp_path) -> Call:
    """main, arguments -> code, stdout, stderr; the working directory is `tmp_path / "here"`."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for name in ("GRADUNC_RUN_FOLDER", "LOCAL_RANK", "PL_GLOBAL_SEED", "PL_SEED_WORKERS", "WANDB_MODE"):
        monkeypatch.setenv(name, "")  # registers the name, so that what a command sets is taken back
        monkeypatch.delenv(name)
    return lambda main, *arguments: call_command(main, arguments, monkeypatch, capsys)
