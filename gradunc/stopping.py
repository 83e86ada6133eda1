"""Signals that end a command: the exit code that a shell or a scheduler expects, and one line."""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

ENDING: list[int] = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""Signals that ask a process to end; Windows has no SIGHUP."""

Handler = Callable[[int, FrameType | None], None]


class Stopped(BaseException):
    """A signal has ended the command. No `Exception`, so that no handler of errors takes it for one.

    Args:
        number: of the signal.
        advice: how to go on, for the user; "" if there is nothing to say.
    """

    def __init__(self, number: int, advice: str = "") -> None:
        super().__init__(number)
        self.number, self.advice = number, advice

    @property
    def exit_code(self) -> int:
        """As shells say it: 130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP."""
        return 128 + self.number

    def __str__(self) -> str:
        return f"interrupted ({signal.Signals(self.number).name})" + (f"; {self.advice}" if self.advice else "")


def stop_at_once(number: int, frame: FrameType | None) -> None:
    """A handler of signals that raises `Stopped` wherever the process is."""
    raise Stopped(number)


@contextmanager
def handled(handler: Handler = stop_at_once, numbers: Sequence[int] = ENDING) -> Iterator[None]:
    """Give signals a handler, and the one before back at the end.

    A signal that the process was told to ignore stays ignored (`nohup`, jobs in the background). Processes that this
    one forks inherit the handler, but do nothing: their parent decides. Outside the main thread, where Python allows
    no handlers, nothing happens.

    Args:
        handler: (number, frame) -> None.
        numbers: of the signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in numbers}
    install(handler, *before)
    try:
        yield
    finally:
        for number, former in before.items():
            if former is not None:  # None: set by C code, which Python cannot set again
                signal.signal(number, former)


@contextmanager
def finishing() -> Iterator[None]:
    """Put off a signal until short work is done, and raise `Stopped` then; a second signal stops at once."""
    noted: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        if noted:
            raise Stopped(number)
        noted.append(number)

    with handled(note):
        yield
    if noted:
        raise Stopped(noted[0])


def install(handler: Handler, *numbers: int) -> None:
    """Give signals a handler until another is given; see `handled`."""
    owner = os.getpid()

    def only_here(number: int, frame: FrameType | None) -> None:
        if os.getpid() == owner:
            handler(number, frame)

    if threading.current_thread() is not threading.main_thread():
        return
    for number in numbers:
        if signal.getsignal(number) not in (signal.SIG_IGN, None):
            signal.signal(number, only_here)
