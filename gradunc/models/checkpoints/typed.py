"""Plain values of a file as a dataclass: every value has the type that its field states, or one line says which not."""

import math
import types
from collections.abc import Mapping
from reprlib import repr as short
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from gradunc.errors import InputError

Stored = TypeVar("Stored")

LONGEST = 1000
"""Characters that a name or a path has at most."""
_WORDS = {
    int: "a whole number",
    float: "a number",
    str: "a text of one line",
    bool: "true or false",
    type(None): "null",
}


def typed(kind: type[Stored], values: Mapping[str, Any], where: str) -> Stored:
    """A dataclass of plain values.

    Args:
        kind: the dataclass.
        values: by the names of its fields; fields that are missing keep their defaults.
        where: the file, for messages.

    Raises:
        InputError: a value of another type, a number that is not finite, or a field without value and default.
    """
    hints = get_type_hints(kind)
    for name, value in values.items():
        if name in hints and not _is_of(value, hints[name]):
            raise InputError(f"{where}: its setting {name}={short(value)} must be {_words(hints[name])}")
    try:
        return kind(**values)
    except TypeError as error:
        raise InputError(f"{where} does not describe a model: {error}") from error


def is_text(value: Any) -> bool:
    """Whether a value is a text that messages can show: a name or a path, in one line."""
    return isinstance(value, str) and value.isprintable() and len(value) <= LONGEST


def _is_of(value: Any, hint: Any) -> bool:
    """Whether a value is of a type; a whole number is a number, a truth value is none."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return any(_is_of(value, one) for one in arguments)
    if origin is Literal:
        return isinstance(value, str) and value in arguments
    if origin is list:
        return isinstance(value, list) and all(_is_of(one, arguments[0]) for one in value)
    if hint is str:
        return is_text(value)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and _is_finite(value)
    return type(value) is hint


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number of 400 digits
        return False


def _words(hint: Any) -> str:
    """A type in words.

    >>> _words(list[float] | None)
    'a list, each of it a number, or null'
    """
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return ", or ".join(_words(one) for one in arguments)
    if origin is Literal:
        return " or ".join(f"'{one}'" for one in arguments)
    if origin is list:
        return f"a list, each of it {_words(arguments[0])}"
    return _WORDS.get(hint, f"a {getattr(hint, '__name__', hint)}")
