"""The folder that a command fills with results."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Self

from gradunc.errors import InputError, unwritable
from gradunc.files import is_leftover

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None


def check_output(folder: Path) -> None:
    """Raise `InputError` for a folder that is none of ours to fill."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"cannot write to '{folder}': it is a file; set output=DIR")
    if (folder / "checkpoints").is_dir():
        raise InputError(f"output='{folder}' is a run of train.py, whose metrics would be replaced; set output=DIR")


def make_output(folder: Path) -> None:
    """Make the folder of the results; `InputError` if that is impossible."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error


class Filling:
    """A folder while results are written into it: what killed calls have left half-written is removed at its begin.

    A lock on the folder says that a call is at work; it ends with the process, however that ends. Where there are no
    locks, nothing is removed.

    Args:
        folder: of the results.
        places: the folders in it that results go to.
    """

    def __init__(self, folder: Path, places: Iterable[Path]) -> None:
        self.folder, self.places = folder, {folder, *places}
        self._handle: int | None = None

    def __enter__(self) -> Self:
        if self.folder.is_dir():
            self.begin()
        return self

    def __exit__(self, *_: object) -> None:
        if self._handle is not None:
            os.close(self._handle)

    def begin(self) -> None:
        """Make the folder, if that has not been done; `InputError` if that is impossible."""
        if self._handle is not None or (fcntl is None and self.folder.is_dir()):
            return
        make_output(self.folder)
        if fcntl is None:
            return
        with suppress(OSError):
            self._handle = os.open(self.folder, os.O_RDONLY)
            with suppress(BlockingIOError):
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._remove_leftovers()
            fcntl.flock(self._handle, fcntl.LOCK_SH)

    def _remove_leftovers(self) -> None:
        for place in self.places:
            for file in filter(is_leftover, place.glob(".gradunc-*.part")):
                file.unlink(missing_ok=True)
