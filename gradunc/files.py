"""Files that are whole or not there: written beside their place under a name of their own, then renamed."""

import errno
import json
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from gradunc.errors import InputError, path_hint


@contextmanager
def replacing(*paths: Path, durable: bool = False) -> Iterator[list[Path]]:
    """Temporary files that take the places of `paths`, one after the other, once all of them are written.

    Folders are made. The temporary files are beside their targets, so that the renaming never crosses file systems.
    If anything is raised before the renaming, the targets stay as they were; the temporary files are removed in any
    case. A process that is killed leaves hidden files that end in `.part`, and the targets as they were.

    Args:
        paths: of the files.
        durable: force content and names onto the disk, so that a power failure costs neither the old content nor the
            new one. Without it nothing is forced: a cache would become slow.

    Raises:
        OSError: a folder or file cannot be written, or a target is a folder.
    """
    asides = [_aside(path) for path in paths]
    with ExitStack() as stack:
        for path, aside in zip(paths, asides, strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            # Told here, where no target has been replaced yet.
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
            # Not `tempfile`, whose files nobody else may read: a cache may be shared.
            aside.open("xb").close()
            stack.callback(aside.unlink, missing_ok=True)
        yield asides
        for aside in asides if durable else ():
            _force(aside, os.O_RDWR)
        for path, aside in zip(paths, asides, strict=True):
            os.replace(aside, path)
        for folder in {path.parent for path in paths} if durable and os.name == "posix" else ():
            _force(folder, os.O_RDONLY)


def _force(path: Path, mode: int) -> None:
    """Wait until the disk holds a file, or the names in a folder (which only POSIX systems can force)."""
    descriptor = os.open(path, mode)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def second_name(path: Path, other: Path) -> None:
    """Give a file another name, in the place of what had that name; the content is not copied.

    On file systems without hard links the file is renamed instead, so that `path` is gone.

    Raises:
        OSError: there is no such file, or the folder cannot be written.
    """
    link = _aside(other)
    try:
        os.link(path, link)
    except FileNotFoundError:
        raise
    except OSError:
        os.replace(path, other)
    else:
        # Renaming one name of a file to another name of it does nothing, so the link may be left.
        os.replace(link, other)
        link.unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> list[Path]:
    """Remove what processes that were killed while `replacing` have left below a folder; returns what was removed."""
    removed = [path for path in folder.rglob(".gradunc-*.part") if is_leftover(path)]
    for path in removed:
        path.unlink(missing_ok=True)
    return removed


def is_leftover(path: Path) -> bool:
    """Whether a file is one that `replacing` makes, and nothing else that happens to have such a name."""
    return _ASIDE.fullmatch(path.name) is not None and path.is_file() and not path.is_symlink()


_ASIDE = re.compile(r"\.gradunc-[0-9a-f]{16}\.part")


def _aside(path: Path) -> Path:
    """A random name beside a file, which does not contain the file's own: that may be as long as names can be."""
    return path.with_name(f".gradunc-{secrets.token_hex(8)}.part")


def write_bytes(path: Path, content: bytes) -> Path:
    """Write a whole file or none; returns its path."""
    with replacing(path) as (aside,):
        aside.write_bytes(content)
    return path


def write_text(path: Path, content: str) -> Path:
    """Write a whole UTF-8 file or none; returns its path."""
    return write_bytes(path, content.encode())


def write_json(path: Path, content: Any, *, allow_nan: bool = False) -> Path:
    """Write a whole JSON file, indented, or none; returns its path.

    Args:
        path: of the file.
        content: plain values.
        allow_nan: write NaN and infinite numbers as Python does, although JSON cannot express them.

    Raises:
        OSError: it cannot be written.
        ValueError: the content holds NaN or an infinite number, unless they are allowed.
    """
    return write_text(path, json.dumps(content, indent=2, allow_nan=allow_nan) + "\n")


def check_regular(path: Path, what: str, largest: int | None = None) -> None:
    """Raise `InputError` for anything that must not be opened as a file: opening a FIFO waits for ever.

    Args:
        path: that will be opened; links are followed.
        what: the file is for the user, as in "image" or "split list".
        largest: number of bytes that such a file can have; None = any.

    Raises:
        InputError: it does not exist, is a folder, a FIFO, a device or a socket, a link without end, or larger.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        raise InputError(f"{what} '{path}' does not exist{path_hint(path)}") from None
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{what} '{path}' cannot be opened: {reason}") from None
    if not stat.S_ISREG(status.st_mode):
        kind = next((name for test, name in _KINDS if test(status.st_mode)), "no file")
        raise InputError(f"{what} '{path}' is {kind}; give a regular file")
    if largest is not None and status.st_size > largest:
        raise InputError(f"{what} '{path}' has {status.st_size} bytes, more than the {largest} that one can have")


_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)
