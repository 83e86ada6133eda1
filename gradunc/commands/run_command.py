"""The frame around every command: errors of users become one line and exit code 2."""

import logging
import sys
import warnings
from collections.abc import Callable, Sequence

from gradunc.errors import InputError

WRONG_USAGE, INTERRUPTED = 2, 130


def run(command: Callable[[Sequence[str]], int]) -> None:
    """Run a command on `sys.argv` and exit."""
    _quiet()
    try:
        code = command(sys.argv[1:])
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        code = WRONG_USAGE
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        code = INTERRUPTED
    sys.exit(code)


def _quiet() -> None:
    """Silence advice of libraries that a user of a command cannot act on."""
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
