"""The types of the fields of a section."""

from dataclasses import fields
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from gradunc.options import ENTRY


@cache
def field_types(section: type) -> dict[str, Any]:
    """Name -> type of every field of a dataclass; a mapping whose entries are sections names their dataclass."""
    hints = get_type_hints(section)
    return {
        one.name: dict[str, one.metadata[ENTRY](section)] if ENTRY in one.metadata else hints[one.name]
        for one in fields(section)
    }


def mapping_value(kind: Any) -> Any:
    """The value type of `dict[str, T]`, else None."""
    return get_args(kind)[1] if get_origin(kind) is dict else None


def is_list(kind: Any) -> bool:
    """Whether an option may be a list."""
    return any(get_origin(one) is list for one in members_of(kind))


def members_of(kind: Any) -> tuple[Any, ...]:
    """The types of a union, or the one type."""
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
