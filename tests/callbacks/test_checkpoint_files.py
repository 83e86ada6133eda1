"""Checkpoints that are whole or not there."""

import os
import resource
import signal
import tempfile
from pathlib import Path

import pytest
import torch

from gradunc.callbacks import WholeCheckpoints
from gradunc.errors import InputError
from tests.helpers import files_in

KILLS = [(torch, "save", 1, 0), (os, "link", 1, 0), (os, "replace", 1, 0), (os, "fsync", 1, 1), (os, "replace", 2, 1)]
"""Function, its call in which the process is killed, and what `previous.ckpt` then holds of the checkpoints 0 and 1."""


def save(path: Path, number: int, size: int = 1) -> None:
    WholeCheckpoints().save_checkpoint({"number": number, "weights": torch.full((size,), float(number))}, path)


def number_in(path: Path) -> int:
    return torch.load(path, weights_only=True)["number"]


def test_the_last_checkpoint_and_the_one_before(tmp_path):
    last = tmp_path / "checkpoints/last.ckpt"
    for number in range(3):
        save(last, number)
        assert number_in(last) == number
        assert not number or number_in(last.with_name("previous.ckpt")) == number - 1
    assert files_in(tmp_path) == {"checkpoints/last.ckpt", "checkpoints/previous.ckpt"}


def test_others_have_no_one_before(tmp_path):
    for number in range(2):
        save(tmp_path / "best-000.ckpt", number)
    assert files_in(tmp_path) == {"best-000.ckpt"}
    assert number_in(tmp_path / "best-000.ckpt") == 1


def test_the_temporary_folder_is_not_used(tmp_path, monkeypatch):
    """Lightning writes there, and the file is copied if that is another file system."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    save(tmp_path / "last.ckpt", 1)
    assert number_in(tmp_path / "last.ckpt") == 1


@pytest.mark.parametrize(("place", "name", "call", "before"), KILLS)
def test_a_kill_while_saving_leaves_whole_files(tmp_path, place, name, call, before):
    for number in range(2):
        save(tmp_path / "last.ckpt", number)
    child = os.fork()
    if not child:
        calls, function = [], getattr(place, name)

        def die(*given: object, **more: object) -> object:
            calls.append(name)
            if len(calls) == call:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*given, **more)

        setattr(place, name, die)
        save(tmp_path / "last.ckpt", 2)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert number_in(tmp_path / "last.ckpt") == 1
    assert number_in(tmp_path / "previous.ckpt") == before


def test_a_full_disk_is_one_line_and_the_one_before_stays(tmp_path):
    """A limit on the size of files stands for a full disk."""
    last = tmp_path / "checkpoints/last.ckpt"
    save(last, 1)
    limits, ignored = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(InputError) as error:
            save(last, 2, size=1_000_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert str(error.value) == (
        f"checkpoint '{last}' cannot be written: File too large; what was saved before is whole: make room, then "
        f"continue with resume={tmp_path}"
    )
    assert number_in(last) == 1
    assert files_in(tmp_path) == {"checkpoints/last.ckpt"}


def test_a_folder_in_the_place_of_the_file(tmp_path):
    (tmp_path / "last.ckpt").mkdir()
    with pytest.raises(InputError, match="cannot be written: Is a directory"):
        save(tmp_path / "last.ckpt", 1)
