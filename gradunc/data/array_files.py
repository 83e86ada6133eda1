"""Files of named arrays that are whole or not there: written aside and renamed, with a checksum."""

import hashlib
import io
import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gradunc.errors import InputError
from gradunc.files import check_regular, write_bytes

Arrays = dict[str, np.ndarray]

MAGIC = b"GUSYN1\n\0"
CHECK = 4
"""Bytes of the checksum, which follows the magic and covers the rest of the file."""


LARGEST = 2**30
"""Bytes that no file of ours has."""


def fingerprint(values: Mapping[str, Any]) -> str:
    """A short name that differs whenever one of the values (all JSON) does."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


def write(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write the arrays; a reader sees the old state or the whole new file, also after a crash."""
    body = io.BytesIO()
    for name, array in arrays.items():
        body.write(f"{name}\n".encode())
        np.lib.format.write_array(body, np.ascontiguousarray(array), allow_pickle=False)
    content = body.getvalue()
    write_bytes(path, MAGIC + zlib.crc32(content).to_bytes(CHECK, "little") + content)


def read(path: Path) -> Arrays | None:
    """The arrays of a file, or None where it is missing, no regular file, cut short or damaged; OSError as `open`."""
    try:
        check_regular(path, "copy", LARGEST)
    except InputError:
        return None
    content = path.read_bytes()
    start = len(MAGIC) + CHECK
    check = int.from_bytes(content[len(MAGIC) : start], "little")
    if not content.startswith(MAGIC) or len(content) <= start or zlib.crc32(content[start:]) != check:
        return None
    body, arrays = io.BytesIO(content), {}
    body.seek(start)
    while name := body.readline():
        arrays[name.decode().rstrip("\n")] = np.lib.format.read_array(body, allow_pickle=False)
    return arrays
