"""The frame around every command: what ends it becomes one line and an exit code."""

import logging
import os
import sys
import warnings
from collections.abc import Callable, Sequence

from gradunc.commands.machine import FAILED, failure
from gradunc.errors import InputError
from gradunc.stopping import Stopped, handled

WRONG_USAGE, BROKEN_PIPE = 2, 128 + 13


def run(command: Callable[[Sequence[str]], int]) -> None:
    """Run a command on `sys.argv` and exit.

    The exit code is that of the command, 2 after an error of the user, 1 after one of the machine, and 128 plus its
    number after a signal.
    """
    _quiet()
    with handled():
        try:
            code = command(sys.argv[1:])
            sys.stdout.flush()
        except BrokenPipeError:  # who reads has gone, as `head` does: nothing more can be said
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = BROKEN_PIPE
        except InputError as error:
            code = _say(f"error: {error}", WRONG_USAGE)
        except Stopped as stop:
            code = _say(str(stop), stop.exit_code)
        except (OSError, RuntimeError) as error:
            line = failure(error)
            if line is None:
                raise
            code = _say(f"error: {line}", FAILED)
    sys.exit(code)


def _say(line: str, code: int) -> int:
    """Print one line on stderr; returns the exit code."""
    print(" ".join(line.split()), file=sys.stderr, flush=True)
    return code


def _quiet() -> None:
    """Silence advice of libraries that a user of a command cannot act on; a warning is one line without its place."""
    warnings.formatwarning = lambda message, *_, **__: f"warning: {' '.join(str(message).split())}\n"
    for message in (
        ".*does not have many workers.*",
        ".*isinstance.treespec, LeafSpec.*",
        ".*Checkpoint directory .* exists and is not empty.*",
        ".*The number of training batches .* is smaller than the logging interval.*",
        ".*Trying to infer the `batch_size`.*",
        ".*Experiment logs directory .* exists and is not empty.*",
        ".*It is recommended to use `self.log.*sync_dist=True.*",
    ):
        warnings.filterwarnings("ignore", message)
    logging.getLogger("lightning.pytorch.utilities.rank_zero").setLevel(logging.WARNING)
