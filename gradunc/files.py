"""Files that are whole or not there: written beside their place under a name of their own, then renamed."""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

LONGEST = 200
"""Bytes of a file's own name that its temporary name keeps: with its ending it must fit into 255."""


@contextmanager
def replacing(*paths: Path) -> Iterator[list[Path]]:
    """Temporary files that take the places of `paths` together, once all of them are written.

    Folders are made. The temporary names are random, hidden and beside their targets, so that nobody else's file is
    touched and the renaming never crosses file systems. If anything is raised, the targets stay as they were and the
    temporary files are removed.

    Raises:
        OSError: a folder or file cannot be written.
    """
    asides = [aside_of(path) for path in paths]
    with ExitStack() as stack:
        for path, aside in zip(paths, asides, strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            aside.open("xb").close()
            stack.callback(aside.unlink, missing_ok=True)
        yield asides
        for path, aside in zip(paths, asides, strict=True):
            os.replace(aside, path)


def aside_of(path: Path) -> Path:
    """A hidden random name beside a file."""
    kept = path.name.encode()[:LONGEST].decode(errors="ignore")
    return path.with_name(f".{kept}.{secrets.token_hex(8)}.part")


def write_bytes(path: Path, content: bytes) -> Path:
    """Write a whole file or none; returns its path."""
    with replacing(path) as (aside,):
        aside.write_bytes(content)
    return path


def write_text(path: Path, content: str) -> Path:
    """Write a whole UTF-8 file or none; returns its path."""
    return write_bytes(path, content.encode())


def write_json(path: Path, content: Any) -> Path:
    """Write a whole JSON file, indented, or none; returns its path."""
    return write_text(path, json.dumps(content, indent=2, allow_nan=False) + "\n")
