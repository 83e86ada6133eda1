import errno
import os
import signal
import subprocess
import sys

import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from gradunc.commands.run_command import run
from gradunc.errors import InputError
from tests.helpers import assert_one_error


class Damaged(Dataset):
    def __len__(self):
        return 2

    def __getitem__(self, index: int) -> torch.Tensor:
        try:
            raise OSError("below")
        except OSError as error:
            raise InputError("'a.png' is\ndamaged") from error


@pytest.mark.slow
def test_an_error_of_a_loading_process_is_one_line(call):
    def main(arguments):
        list(DataLoader(Damaged(), num_workers=1))
        return 0

    outcome = call(main)
    assert_one_error(outcome)
    assert outcome.err == "error: 'a.png' is damaged\n"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_is_one_line_and_the_exit_code_of_shells(call, number, code):
    outcome = call(lambda arguments: os.kill(os.getpid(), number))
    assert (outcome.code, outcome.out, outcome.err) == (code, "", f"interrupted ({number.name})\n")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO])
def test_a_disk_that_refuses_is_one_line(call, number):
    def main(arguments):
        raise OSError(number, os.strerror(number), "a.csv")

    outcome = call(main)
    assert outcome.code == 1
    assert outcome.err == f"error: cannot write 'a.csv': {os.strerror(number)}\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("DataLoader worker (pid 7) is killed by signal: Killed. ", "a loading process was lost"),
        ("DataLoader worker (pid(s) 7, 8) exited unexpectedly", "lower data.workers or data.batch_size"),
        ("[../third_party/gloo/pair.cc:534] Connection closed by peer [127.0.0.1]:26", "another process of this run"),
        ("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has", "CUDA out of memory; lower data.batch_size"),
    ],
)
def test_what_pytorch_says_of_the_machine_is_one_line(call, text, told):
    def main(arguments):
        raise RuntimeError(f"{text}\nand a trace")

    outcome = call(main)
    assert outcome.code == 1
    assert outcome.err.startswith("error: ")
    assert outcome.err.count("\n") == 1
    assert told in outcome.err


@pytest.mark.parametrize("error", [RuntimeError("a bug"), OSError(errno.ENOENT, "No such file", "a"), TypeError("bug")])
def test_a_bug_keeps_its_traceback(monkeypatch, error):
    def main(arguments):
        raise error

    with pytest.raises(type(error)) as found:
        run(main)
    assert found.value is error


@pytest.mark.slow
def test_a_killed_loading_process_is_one_line(call):
    outcome = call(lambda arguments: list(DataLoader(Suicidal(), num_workers=1)))
    assert outcome.code == 1
    assert outcome.err.count("\n") == 1
    assert "a loading process was lost: DataLoader worker" in outcome.err


class Suicidal(Damaged):
    def __getitem__(self, index: int) -> torch.Tensor:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("not reached")


def test_a_reader_that_has_gone_is_no_traceback():
    """As in `infer.py --help | head -1`."""
    code = "from gradunc.commands.run_command import run; run(lambda _: print('x' * 10**6) or 0)"
    reading, writing = os.pipe()
    with subprocess.Popen([sys.executable, "-c", code], stdout=writing, stderr=subprocess.PIPE, text=True) as process:
        os.close(writing)
        os.close(reading)
        assert process.stderr.read() == ""
    assert process.returncode == 141
