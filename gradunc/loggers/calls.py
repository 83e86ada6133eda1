"""What callbacks and commands say to the loggers of a trainer, whichever they are."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import lightning as L
import numpy as np
from lightning.pytorch.loggers import Logger
from numpy.typing import NDArray

from gradunc.loggers import LOGGERS
from gradunc.loggers.kind import LoggerKind
from gradunc.loggers.run_info import RunInfo
from gradunc.loggers.settings import LoggerSettings
from gradunc.registry import implementation_of
from gradunc.results import Result
from gradunc.stopping import Stopped

FAILED = 1
"""Exit code that loggers are told of a run that an error has ended."""


def check_logger(settings: LoggerSettings) -> None:
    """Raise `InputError` for an unknown kind, a package that is missing, or W&B online without an API key."""
    _kind(settings.kind).check(settings)


def build_loggers(settings: LoggerSettings, info: RunInfo) -> list[Logger]:
    """The loggers of a run; nothing is written yet.

    Raises:
        InputError: see `check_logger`.
    """
    check_logger(settings)
    return _kind(settings.kind).build(settings, info)


def begin(trainer: L.Trainer, info: RunInfo) -> None:
    """Tell the loggers what begins."""
    for kind, logger in logged(trainer):
        kind.begin(logger, info)


def log_picture(trainer: L.Trainer, key: str, picture: NDArray[np.uint8], caption: str = "") -> None:
    """Log one (H,W,3) picture; nothing happens without a logger that shows pictures."""
    for kind, logger in logged(trainer):
        kind.picture(logger, key, picture, caption, trainer.global_step)


def log_result(trainer: L.Trainer, result: Result, tables: Mapping[str, str], pictures: Mapping[str, str]) -> None:
    """Log tables and pictures of a result; nothing happens without a logger that shows them.

    Args:
        trainer: has the loggers.
        result: what to log.
        tables: name of a table -> key; others and those without rows are not logged.
        pictures: the same of pictures; the caption says how the numbers were made.
    """
    for kind, logger in logged(trainer):
        for table in result.tables:
            if table.rows and table.name in tables:
                kind.table(logger, tables[table.name], table, trainer.global_step)
        for picture in result.pictures:
            if picture.name in pictures:
                key, caption = pictures[picture.name], f"{result.title}: {result.protocol}"
                kind.picture(logger, key, picture.pixels, caption, trainer.global_step)


@contextmanager
def closing(trainer: L.Trainer) -> Iterator[None]:
    """End the runs of the loggers when an error or a signal ends the block, so that our line is the last one."""
    try:
        yield
    except BaseException as error:
        close_loggers(trainer, error.exit_code if isinstance(error, Stopped) else FAILED)
        raise


def close_loggers(trainer: L.Trainer, code: int = 0) -> None:
    """End the runs of the loggers; `code` is the exit code of the command."""
    for kind, logger in logged(trainer):
        kind.end(logger, code)


def logged(trainer: L.Trainer) -> Sequence[tuple[LoggerKind, Logger]]:
    """The loggers of a trainer that a kind knows, with it; none in other processes than the main one."""
    if not trainer.is_global_zero:
        return []
    kinds = [_kind(name) for name in LOGGERS] if trainer.loggers else []
    return [
        (kind, logger)
        for logger in trainer.loggers
        for kind in kinds
        if kind.lightning is not None and isinstance(logger, kind.lightning)
    ]


def _kind(name: str) -> LoggerKind:
    return implementation_of(LOGGERS, name, "logger.kind")
