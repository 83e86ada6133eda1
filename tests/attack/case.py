"""One case, tried in this process: what came of it, and what it did that it must not do."""

import os
import random
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from gradunc.errors import InputError

Try = Callable[[Path, random.Random, Path], None]
"""Folder of the case, its randomness, folder of the originals: raises `InputError` for what is refused."""

FINE = ("ok", "refused")
EVENTS = ("os.system", "subprocess.Popen", "os.exec", "os.posix_spawn", "socket.connect")
"""What Python tells audit hooks of programs and connections."""

CHANGES = {
    **dict.fromkeys(("os.mkdir", "os.remove", "os.rmdir", "os.truncate", "os.chmod", "shutil.rmtree"), (0, 1)),
    "os.rename": (0, 2),
    **dict.fromkeys(("os.link", "os.symlink"), (1, 2)),
}
"""Event -> which of its arguments are paths that it changes."""

PATIENCE = 6
"""Seconds on the clock per second of a processor that a case may take: a busy machine makes no hang."""

LONGEST_LINE = 1500
"""Characters of a message that a person still reads."""


@dataclass(frozen=True)
class Outcome:
    """What came of a case."""

    category: str
    seed: int
    kind: str
    """"ok", "refused"; or a finding: "traceback", "hang", "crash", "message", "escape"."""
    text: str = ""
    """The message, and where a finding was raised."""
    seconds: float = 0.0

    @property
    def fine(self) -> bool:
        """Whether this may happen to a user."""
        return self.kind in FINE


class TooLong(BaseException):
    """The alarm of a case; no `except Exception` takes it."""


@dataclass
class Watch:
    """What a case does to the world, seen by an audit hook, which can never be removed."""

    folder: Path | None = None
    seen: list[str] = field(default_factory=list)
    allowed: tuple[str, ...] = ()
    """Beginnings of other paths that may be changed: sockets of loading processes."""

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note processes, connections, and files that are opened to be written outside of the folder."""
        if self.folder is None:
            return
        # An address that is a text is a local socket: PyTorch's loading processes talk through them.
        local = event == "socket.connect" and isinstance(arguments[1], str | bytes)
        if event in EVENTS and not local:
            self.seen.append(f"{event} {arguments}"[:200])
        changed = arguments[slice(*CHANGES[event])] if event in CHANGES else ()
        if event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR):
            changed = arguments[:1]
        for one in changed:
            # A number is a file that is open already.
            path = os.path.abspath(os.fsdecode(one)) if isinstance(one, str | bytes) else os.devnull
            if path != os.devnull and not path.startswith((f"{self.folder}{os.sep}", *self.allowed)):
                self.seen.append(f"{event} {path}")


_WATCH = Watch(allowed=tuple(f"{tempfile.gettempdir()}/{name}" for name in ("pymp-", "torch_", "tmp")))


@contextmanager
def _watched(folder: Path, limit: int) -> Iterator[list[str]]:
    """Inside of the folder, under an alarm after `limit` seconds of the processor; gives what was seen."""
    if not getattr(_watched, "hooked", False):
        sys.addaudithook(_WATCH)
        _watched.hooked = True  # pyright: ignore[reportFunctionMemberAccess]
    before = Path.cwd()
    _WATCH.seen = []
    signal.signal(signal.SIGALRM, _ring)
    signal.signal(signal.SIGPROF, _ring)
    os.chdir(folder)
    _WATCH.folder = folder
    signal.setitimer(signal.ITIMER_PROF, limit)
    signal.alarm(PATIENCE * limit)
    try:
        yield _WATCH.seen
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        _WATCH.folder = None
        os.chdir(before)


def _ring(*_: object) -> None:
    raise TooLong


def attempt(category: str, trial: Try, seed: int, folder: Path, originals: Path, limit: int = 20) -> Outcome:
    """Try one case in an empty folder, which is removed afterwards."""
    place = folder / f"{category}-{seed}"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    start = monotonic()
    kind, text = "ok", ""
    with _watched(place, limit) as seen:
        try:
            trial(place, random.Random(f"{category}{seed}"), originals)
        except InputError as error:
            kind, text = _judged(str(error))
        except TooLong:
            kind, text = "hang", _origin()
        except BaseException as error:  # KeyboardInterrupt and SystemExit are findings like any other
            kind, text = "traceback", f"{type(error).__name__}: {str(error)[:200]} {_origin()}"
    seconds = monotonic() - start
    if seen:
        kind, text = "escape", "; ".join(seen[:3])
    shutil.rmtree(place, ignore_errors=True)
    return Outcome(category, seed, kind, text, seconds)


def _judged(message: str) -> tuple[str, str]:
    """Whether a person can read a message."""
    readable = bool(message.strip()) and len(message) <= LONGEST_LINE and message.isprintable()
    return ("refused", message) if readable else ("message", repr(message[:300]))


def _origin() -> str:
    """The last lines of ours and of all that the current exception went through."""
    frames = traceback.extract_tb(sys.exc_info()[2])
    ours = [frame for frame in frames if f"{os.sep}gradunc{os.sep}" in frame.filename]
    chosen = [*ours[-1:], *frames[-1:]]
    return " < ".join(
        f"{frame.filename.rpartition(os.sep + 'site-packages' + os.sep)[2]}:{frame.lineno}" for frame in chosen
    )


def each(*calls: Callable[[], object]) -> None:
    """Make every call, even if one before refuses its input; then raise the first refusal."""
    refused: list[InputError] = []
    for call in calls:
        try:
            call()
        except InputError as error:
            refused.append(error)
    if refused:
        raise refused[0]
