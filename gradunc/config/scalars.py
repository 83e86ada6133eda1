"""What a written value means where the schema wants a number, a truth value, text, or one of several of these."""

import math
import re
from typing import Any

from gradunc.options import FALSE, TRUE

NULL = ("null", "Null", "NULL", "~")
"""Words for "nothing", where an option may be nothing and the word is not in quotes."""

_INTEGER = re.compile(r"\s*[+-]?(0[xX][0-9a-fA-F_]+|0b[01_]+|[0-9][0-9_]*)\s*", re.ASCII)
_FLOAT = re.compile(r"\s*[+-]?(\.?[0-9][0-9_]*(\.[0-9_]*)?([eE][+-]?[0-9]+)?)\s*", re.ASCII)
_NOT_FINITE = re.compile(r"\s*([+-]?)\.?(inf|infinity|nan)\s*", re.ASCII | re.IGNORECASE)
_PLAIN_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)", re.ASCII)
_PLAIN_FLOAT = re.compile(r"-?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)
_LONGEST = 100
"""Digits of a number that is read at all: Python takes its time for thousands of them."""


class Scalar(str):
    """A value as it was written, without its quotes."""

    quoted: bool

    def __new__(cls, text: str, quoted: bool = False) -> "Scalar":
        """`quoted`: it is text, even where its letters are those of null or of a number."""
        scalar = super().__new__(cls, text)
        scalar.quoted = quoted
        return scalar


def is_null(text: str) -> bool:
    """Whether a value is a bare word for "nothing"."""
    return not _is_quoted(text) and text in NULL


def to_bool(text: str) -> bool:
    """A truth value: yes, on, true or no, off, false in any case, or a whole number, of which only 0 is false.

    Raises:
        ValueError: it is none; the message says what it must be.
    """
    word = text.strip().lower()
    if word in TRUE or word in FALSE:
        return word in TRUE
    try:
        return to_int(text) != 0
    except ValueError:
        raise ValueError("must be true or false") from None


def to_int(text: str) -> int:
    """A whole number of at most 64 bits: decimal, also with leading zeros, or as 0x1f or 0b11.

    Raises:
        ValueError: it is none; the message says what it must be.

    >>> to_int("012"), to_int("0x10")
    (12, 16)
    """
    if not _INTEGER.fullmatch(text):
        raise ValueError("must be a whole number")
    digits = text.strip().lstrip("+-")
    if len(digits) > _LONGEST:
        raise ValueError("is too large a number")
    try:
        value = int(digits, {"0x": 16, "0X": 16, "0b": 2}.get(digits[:2], 10))
    except ValueError:  # underscores in a place where none may stand
        raise ValueError("must be a whole number") from None
    if value >= 2**63:
        raise ValueError("is too large a number")
    return -value if "-" in text else value


def to_float(text: str) -> float:
    """A number: as for `to_int`, or 0.1, 1e-3, .inf, .nan.

    Raises:
        ValueError: it is none, or larger than numbers can be; the message says so.

    >>> to_float("1e-3"), to_float("-.inf"), to_float("2")
    (0.001, -inf, 2.0)
    """
    if found := _NOT_FINITE.fullmatch(text):
        return float(f"{found[1]}{found[2]}")
    if _INTEGER.fullmatch(text):
        return float(to_int(text)) if len(text) < 19 else _finite(text)
    if not _FLOAT.fullmatch(text):
        raise ValueError("must be a number")
    return _finite(text)


def _finite(text: str) -> float:
    try:
        value = float(text)
    except ValueError:  # underscores in a place where none may stand
        raise ValueError("must be a number") from None
    if math.isinf(value):
        raise ValueError("is too large a number")
    return value


def to_text(text: str) -> str:
    """The text as it was written.

    Raises:
        ValueError: a null character, which neither a path nor a name can have.
    """
    if "\0" in text:
        raise ValueError("must not have a null character; in double quotes YAML reads \\0 as one")
    return str(text)


def one_of(text: str, types: tuple[Any, ...]) -> Any:
    """A value of the first of several types that it is written as.

    Where text is one of them, only what is written as Python would write a number is one, and nothing in quotes is:
    "012" and "2011_09_26" may be names of folders.

    Raises:
        ValueError: it is of none of them; the message says what it must be.

    >>> one_of("-1", (int, str)), one_of("012", (int, str)), one_of("2011_09_26", (int, float, str))
    (-1, '012', '2011_09_26')
    >>> one_of("0.8", (int, float)), one_of("1", (int, float))
    (0.8, 1)
    """
    if str in types:
        return _number_or_text(text, types)
    for kind in types:
        if len(types) == 1 or _reads(kind, text):
            return READERS[kind](text)
    raise ValueError(f"must be {' or '.join(NAMES[kind] for kind in types)}")


def _number_or_text(text: str, types: tuple[Any, ...]) -> Any:
    if not _is_quoted(text):
        if int in types and _PLAIN_INTEGER.fullmatch(text) and _reads(int, text):
            return to_int(text)
        if float in types and _PLAIN_FLOAT.fullmatch(text) and _reads(float, text):
            return to_float(text)
    return to_text(text)


def free(text: str) -> Any:
    """A value of an option without a type of its own: nothing, a truth value, a number, or text.

    >>> free("true"), free("5"), free("1e-3"), free("all"), free("null")
    (True, 5, 0.001, 'all', None)
    """
    if is_null(text):
        return None
    if not _is_quoted(text) and text.lower() in ("true", "false"):
        return text.lower() == "true"
    return one_of(text, (int, float, str))


def _reads(kind: type, text: str) -> bool:
    try:
        READERS[kind](text)
    except ValueError:
        return False
    return True


def _is_quoted(text: str) -> bool:
    return isinstance(text, Scalar) and text.quoted


READERS = {bool: to_bool, int: to_int, float: to_float, str: to_text}
NAMES = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
