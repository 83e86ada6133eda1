"""What can stand in the place of a file without being one, and a limit of time for what opens it."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gradunc.errors import InputError

HANGS = 30
"""Seconds after which opening counts as waiting for ever; it answers in milliseconds."""


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _folder(path: Path) -> None:
    path.mkdir()


def _zeros_without_end(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def _link_to_nothing(path: Path) -> None:
    path.symlink_to("nowhere")


def _huge(path: Path) -> None:
    """50 GB that take no place on the disk."""
    with path.open("wb") as file:
        file.truncate(50 * 10**9)


def _empty(path: Path) -> None:
    path.touch()


NOT_REGULAR = (_fifo, _folder, _zeros_without_end, _link_to_itself, _link_to_nothing)
SPECIAL = (*NOT_REGULAR, _huge, _empty)


def answer(read: Callable[[Path], Any], path: Path) -> tuple[Any, str]:
    """What a reader gives and "", or None and the line of its refusal; anything else that it raises goes on."""
    try:
        return read(path), ""
    except InputError as error:
        return None, str(error)


@contextmanager
def in_time() -> Iterator[None]:
    """Break off what waits for ever, so that one fault does not take the whole suite."""

    def stop(number: int, frame: object) -> None:
        raise AssertionError(f"nothing happened in {HANGS} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(HANGS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
