"""Runs of train.py that end early: by a signal, with a damaged checkpoint, on a full disk."""

import errno
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from gradunc.callbacks import LastCheckpoint
from gradunc.commands import train
from gradunc.errors import InputError
from gradunc.models import load_model
from gradunc.stopping import Stopped
from gradunc.training import DepthTraining
from tests.commands.train_runs.helpers import arguments, rows, run
from tests.helpers import call_command

pytestmark = pytest.mark.slow

OPTIONS = ("trainer.max_epochs=2", "evaluation.baselines=true", "evaluation.pictures=2")
"""Of the run `two_epochs`: two steps in each epoch."""


def before_step(monkeypatch: pytest.MonkeyPatch, number: int, act: Callable[[], object]) -> None:
    """Do something at the begin of a step, counted from 1."""
    step, calls = DepthTraining.training_step, []

    def acting(self: DepthTraining, *given: object) -> object:
        calls.append(1)
        if len(calls) == number:
            act()
        return step(self, *given)

    monkeypatch.setattr(DepthTraining, "training_step", acting)


def assert_equal(folder: Path, expected: Path) -> None:
    """Weights, curves and results of two runs, to the last digit."""
    one, two = (torch.load(path / "checkpoints/last.ckpt", weights_only=True) for path in (folder, expected))
    assert one["global_step"] == two["global_step"]
    for key, value in two["state_dict"].items():
        assert torch.equal(one["state_dict"][key], value), key
    assert (folder / "metrics.json").read_text() == (expected / "metrics.json").read_text()
    for column in ("train/loss", "val/loss"):
        parts = (*sorted(folder.glob("metrics.*.csv")), folder / "metrics.csv")
        assert [value for part in parts for value in rows(part, column)] == rows(expected / "metrics.csv", column)


def test_a_signal_ends_a_run_that_goes_on_later(
    tmp_path: Path, cache: Path, two_epochs: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    with monkeypatch.context() as patched:
        before_step(patched, 3, lambda: os.kill(os.getpid(), signal.SIGTERM))
        outcome = call_command(train.main, arguments(tmp_path, cache, *OPTIONS), patched, capsys)
    (folder,) = (tmp_path / "runs/run").iterdir()
    assert outcome.code == 143
    assert outcome.err == f"interrupted (SIGTERM); continue with resume=auto, or resume={folder}\n"
    assert not (folder / "export").exists()
    assert "abs_rel" not in outcome.out
    assert run(tmp_path, cache, *OPTIONS, "resume=auto") == folder
    assert_equal(folder, two_epochs)


def test_a_signal_in_the_test_ends_it_at_once(tmp_path: Path, cache: Path, monkeypatch, capsys) -> None:
    def test_step(self: DepthTraining, *given: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        raise AssertionError("not reached")

    monkeypatch.setattr(DepthTraining, "test_step", test_step)
    outcome = call_command(train.main, arguments(tmp_path, cache, "trainer.max_epochs=1"), monkeypatch, capsys)
    assert outcome.code == 143
    assert outcome.err.startswith("interrupted (SIGTERM); continue with resume=auto, or resume=")


def test_a_run_that_ended_before_its_first_checkpoint_begins_again_in_its_folder(
    tmp_path: Path, cache: Path, two_epochs: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    with monkeypatch.context() as patched:
        before_step(patched, 2, lambda: (_ for _ in ()).throw(Stopped(signal.SIGTERM)))
        with pytest.raises(Stopped):
            train.main(arguments(tmp_path, cache, *OPTIONS, "resume=auto"))
    (folder,) = (tmp_path / "runs/run").iterdir()
    assert not list(folder.rglob("*.ckpt"))
    leftover = folder / "checkpoints" / f".gradunc-{'0a' * 8}.part"
    leftover.parent.mkdir(exist_ok=True)
    leftover.write_bytes(b"half a checkpoint")
    with pytest.raises(InputError, match=r"begun with other settings \(objective.weight_decay=0.1, was 0.0\)"):
        train.main(arguments(tmp_path, cache, *OPTIONS, "resume=auto", "objective.weight_decay=0.1"))
    capsys.readouterr()
    assert run(tmp_path, cache, *OPTIONS, "resume=auto") == folder
    told = f"run folder: {folder} (ended before its first checkpoint: begun again in the same folder)\n"
    assert told in capsys.readouterr().out
    assert list((tmp_path / "runs/run").iterdir()) == [folder]
    assert not leftover.exists()
    assert rows(folder / "metrics.csv", "train/loss") == rows(two_epochs / "metrics.csv", "train/loss")


def test_a_damaged_last_checkpoint_costs_an_epoch(
    tmp_path: Path, cache: Path, two_epochs: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    (tmp_path / "runs/run").mkdir(parents=True)
    folder = Path(shutil.copytree(two_epochs, tmp_path / "runs/run/a"))
    last = folder / "checkpoints/last.ckpt"
    content = bytearray(last.read_bytes())
    content[len(content) // 2] ^= 1  # PyTorch loads this without a word
    last.write_bytes(content)
    assert run(tmp_path, cache, *OPTIONS, "resume=auto") == folder
    captured = capsys.readouterr()
    assert f"warning: checkpoint '{last}' is damaged" in captured.err
    assert "going on from previous.ckpt of epoch 0 (step 2)" in captured.err
    assert f"run folder: {folder} (going on from {folder}/checkpoints/previous.ckpt)\n" in captured.out
    one, two = (torch.load(path / "checkpoints/last.ckpt", weights_only=True) for path in (folder, two_epochs))
    assert all(torch.equal(one["state_dict"][key], value) for key, value in two["state_dict"].items())


def test_a_damaged_best_checkpoint_is_not_exported(tmp_path: Path, cache: Path, monkeypatch, capsys) -> None:
    def spoil(self: LastCheckpoint, trainer: object) -> None:
        trainer.save_checkpoint(self.path)  # pyright: ignore[reportAttributeAccessIssue]
        best = next(self.path.parent.glob("best-*.ckpt"))
        best.write_bytes(best.read_bytes()[:-1000])

    monkeypatch.setattr(LastCheckpoint, "save", spoil)
    folder = run(tmp_path, cache, "trainer.max_epochs=1", "uncertainty=none")
    captured = capsys.readouterr()
    assert "is damaged" in captured.err
    assert f"best checkpoint: {folder}/checkpoints/last.ckpt" in captured.out
    assert load_model(folder / "export")


def test_a_full_disk_is_one_line(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    save = torch.save

    def full(content: object, file: object) -> None:
        save(content, file)  # pyright: ignore[reportArgumentType]
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    outcome = call_command(train.main, arguments(tmp_path, cache, "trainer.max_epochs=1"), monkeypatch, capsys)
    (folder,) = (tmp_path / "runs/run").iterdir()
    assert outcome.code == 2
    assert outcome.err.startswith(
        f"error: checkpoint '{folder}/checkpoints/best-000.ckpt' cannot be written: No space "
    )
    assert outcome.err.count("\n") == 1
    assert not [path for path in folder.rglob("*") if path.suffix in (".ckpt", ".part")]
