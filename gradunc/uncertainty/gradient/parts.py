"""Parts of an estimator: objects, or their names in a table."""

from collections.abc import Mapping
from typing import TypeVar

from gradunc.errors import unknown

T = TypeVar("T")


def part(value: str | T, choices: Mapping[str, T], kind: str) -> T:
    """An object as it is, a name looked up.

    Raises:
        InputError: an unknown name, with the nearest one.
    """
    if not isinstance(value, str):
        return value
    if value not in choices:
        raise unknown(kind, value, choices)
    return choices[value]
