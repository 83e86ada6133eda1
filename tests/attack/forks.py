"""Commands in forks of this process, which has imported everything: they start at once, and can be killed."""

import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import torch


def forked(command: Callable[[], object], log: Path) -> int:
    """Run a command in a fork that writes to the end of a file; returns its process number.

    Its exit code is that of `SystemExit`, 0 without one, and 99 after any other error, whose traceback is in the file.
    """
    number = os.fork()
    if number:
        return number
    code = 0
    with log.open("a", buffering=1) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        sys.stdout = sys.stderr = file
        torch.set_num_threads(1)  # a forked process has lost the other threads
        try:
            command()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException:
            traceback.print_exc()
            code = 99
    os._exit(code)


def wait(number: int, seconds: float) -> int | None:
    """The exit code of a fork, minus the signal if one has killed it; None if it still runs."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        ended, status = os.waitpid(number, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    return None
