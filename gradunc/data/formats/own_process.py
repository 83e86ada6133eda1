"""Reading in a process of its own, for C libraries that a damaged file can end."""

import os
import pickle
import sys
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


class Ended(Exception):
    """The process ended without an answer."""


def in_own_process(read: Callable[[], Result]) -> Result:
    """What a function returns or raises, called in a fork of this process; on Windows, which has none, in this one.

    For short reading without torch: a fork has no other threads than the one that made it.

    Raises:
        Ended: the fork was ended, by a crash for example.
    """
    if sys.platform == "win32":
        return read()
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        _answer(read, reading, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        content = pipe.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code != 0:
        raise Ended(f"exit code {code}")
    # Written by our own fork: nobody else has the pipe.
    raised, found = pickle.loads(content)
    if raised is not None:
        raise raised
    return found


def _answer(read: Callable[[], object], reading: int, writing: int) -> None:
    """Work in the fork, which never returns."""
    try:
        os.close(reading)
        try:
            answer: tuple[Exception | None, object] = None, read()
        except Exception as error:
            answer = error, None
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(answer, pipe)
        os._exit(0)
    finally:
        os._exit(1)
