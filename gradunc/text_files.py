"""Text and JSON that people wrote or downloaded: whole, decoded and parsed, or one line on what is wrong and where."""

import codecs
import json
import math
from pathlib import Path
from typing import Any

from gradunc.errors import InputError
from gradunc.files import check_regular

LARGEST = 2**28
"""Bytes that no list, calibration or configuration has; a list of a million images has 100 MB."""

LONGEST_NAME, LONGEST_PATH = 255, 2048
"""Bytes of a file's name, and of a path in a list, to which the folder of the data is added."""

_OTHER_CODES = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
"""How files of other encodings begin; the mark of UTF-32 begins with that of UTF-16."""


def read_text(path: Path, what: str, largest: int = LARGEST) -> str:
    """The text of a UTF-8 file, with a byte order mark at its beginning or without.

    Args:
        path: of the file.
        what: it is for the user, as in "calibration" or "split list".
        largest: number of bytes that such a file can have.

    Returns:
        The text without the mark; line ends as they are.

    Raises:
        InputError: no regular file (`check_regular`), no permission, another encoding, or a null character; the line
            is named.
    """
    check_regular(path, what, largest)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {what} '{path}': {error.strerror or error}") from error
    return _decoded(data, f"{what} '{path}'")


def read_lines(path: Path, what: str, largest: int = LARGEST) -> list[str]:
    """The lines of `read_text` without their ends; line 1 comes first."""
    return read_text(path, what, largest).splitlines()


def read_json(path: Path, what: str, largest: int = LARGEST) -> Any:
    """The content of a JSON file, as `json.loads` gives it.

    Args:
        path: of the file.
        what: it is for the user.
        largest: number of bytes that such a file can have.

    Raises:
        InputError: as `read_text`; no JSON, brackets nested too deep, or a key whose value is NaN or beyond float64.
    """
    text = read_text(path, what, largest)
    try:
        return json.loads(text, parse_int=_integer, object_pairs_hook=_object)
    except ValueError as error:  # JSONDecodeError is one, too
        raise InputError(f"cannot read {what} '{path}': {error}") from error
    except RecursionError as error:
        raise InputError(f"cannot read {what} '{path}': its brackets are nested too deep") from error


def excerpt(text: str, longest: int = 40) -> str:
    """The beginning of a word or line of a file, for a message that stays one line.

    >>> excerpt("12 parsecs"), excerpt("9" * 5000, 3)
    ('12 parsecs', '999...')
    """
    return text if len(text) <= longest else f"{text[:longest]}..."


def listed_path(word: str, where: str) -> str:
    """A path that a list names, as it is; InputError with `where` for one that no file system takes."""
    if len(word.encode()) > LONGEST_PATH or max(len(part.encode()) for part in word.split("/")) > LONGEST_NAME:
        raise InputError(f"{where}: '{excerpt(word)}' is longer than the path of a file can be")
    return word


def _decoded(data: bytes, where: str) -> str:
    for mark, code in _OTHER_CODES.items():
        if data.startswith(mark):
            raise InputError(f"cannot read {where}: it is encoded as {code}; save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The offset counts from behind the mark, if there is one.
        position = error.start + len(data) - len(data.removeprefix(codecs.BOM_UTF8))
        line = data.count(b"\n", 0, position) + 1
        raise InputError(
            f"{where} is no UTF-8 text: byte 0x{data[position]:02x} in line {line}; save it as UTF-8, or take the "
            "original file if it is no text"
        ) from error
    if (null := text.find("\0")) >= 0:
        line = text.count("\n", 0, null) + 1
        raise InputError(f"{where} is no text: null character in line {line}; take the original file")
    return text


def _integer(text: str) -> int | float:
    """A whole number; one of so many digits has no value as float64, and Python refuses to convert very many."""
    return int(text) if len(text) <= 300 else math.inf


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    for key, value in pairs:
        if not _is_finite(value):
            raise ValueError(f"'{key}' is no number: {json.dumps(value)[:40]}")
    return dict(pairs)


def _is_finite(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or math.isfinite(value)
