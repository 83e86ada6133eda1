"""A job of SLURM whose time ends, with a scontrol of our own."""

import signal
from pathlib import Path

import pytest

from tests.callbacks.test_stopping import BATCHES, Signal, fit, stopped

JOB = {"SLURM_NTASKS": "1", "SLURM_PROCID": "0", "SLURM_LOCALID": "0", "SLURM_NODEID": "0", "SLURM_JOB_NAME": "train"}
HURRY = ("on_train_batch_start", 2, signal.SIGUSR1)


@pytest.fixture
def scontrol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that writes down what it was asked for; it fails if a file `refuse` lies beside it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "scontrol"
    refusal = f'[ -e {folder}/refuse ] && echo "no such job" >&2 && exit 1'
    program.write_text(f'#!/bin/sh\n{refusal}\necho "$@" >> {folder}/asked\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    for name, value in {**JOB, "SLURM_JOB_ID": "4711"}.items():
        monkeypatch.setenv(name, value)
    return folder


def test_the_job_is_requeued_behind_a_checkpoint(tmp_path, scontrol):
    before, stop = stopped(tmp_path, Signal(*HURRY))
    assert (scontrol / "asked").read_text() == "requeue 4711\n"
    assert stop.exit_code == 128 + signal.SIGUSR1
    after, _ = fit(tmp_path, resume=True)
    assert (len(before.samples), len(after.samples)) == (2, 3 * BATCHES - 2)
    assert not list(tmp_path.rglob("hpc_ckpt*")), "Lightning would save one in the midst of a step"


def test_a_task_of_an_array(tmp_path, scontrol, monkeypatch):
    monkeypatch.setenv("SLURM_ARRAY_JOB_ID", "4700")
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "3")
    stopped(tmp_path, Signal(*HURRY))
    assert (scontrol / "asked").read_text() == "requeue 4700_3\n"


def test_a_job_that_slurm_does_not_requeue_trains_on(tmp_path, scontrol, capsys):
    (scontrol / "refuse").touch()
    steps, _ = fit(tmp_path, Signal(*HURRY), max_epochs=1)
    assert len(steps.samples) == BATCHES
    assert capsys.readouterr().err == (
        "warning: `scontrol requeue 4711` failed (no such job); a checkpoint is saved, training goes on\n"
    )


def test_the_end_of_a_job_is_no_success(tmp_path, scontrol):
    _, stop = stopped(tmp_path, Signal("on_train_batch_start", 2, signal.SIGTERM))
    assert stop.exit_code == 143
    assert not (scontrol / "asked").exists()
