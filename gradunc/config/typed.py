"""From what was written to typed values, as the fields of the schema say."""

from collections.abc import Mapping
from dataclasses import is_dataclass, replace
from types import NoneType
from typing import Any, cast, get_args, get_origin

from gradunc.config.fields import field_types, mapping_value, members_of
from gradunc.config.merging import merged
from gradunc.config.scalars import NAMES, READERS, Scalar, free, is_null, one_of
from gradunc.config.tree import Tree
from gradunc.errors import InputError, shown
from gradunc.names import check_entry_name

Types = Mapping[str, type]
"""Dotted name of a section that is chosen by name -> its dataclass."""


class UnknownKey(InputError):
    """A key that no field has; whoever knows all keys says which one was meant.

    Args:
        key: dotted, from the root of the configuration.
        written: what stands in its section; with a dot it is no single key.
    """

    def __init__(self, key: str, written: str) -> None:
        super().__init__(f"unknown key '{key}'")
        self.key, self.written = key, written


def typed(value: Tree, kind: Any, key: str, types: Types) -> Any:
    """A value, or the given part of a section as a dict, in the types of the schema.

    Args:
        value: as written, or plain values of Python.
        kind: type of the field, or dataclass of the section.
        key: dotted name, for messages; "" is the whole configuration.
        types: of the sections that are chosen by name.

    Raises:
        UnknownKey: a key that no field has.
        InputError: a value of another type, with the dotted key.
    """
    members = members_of(types.get(key, kind))
    if not isinstance(value, Scalar | list | dict | None):
        value = Scalar(str(value), quoted=isinstance(value, str))
    if value is None or (isinstance(value, Scalar) and NoneType in members and is_null(value)):
        if NoneType in members or Any in members:
            return None
        raise _wrong(key, "null", _must_be(members))
    if isinstance(value, dict):
        return _mapping(value, members, key, types)
    if isinstance(value, list):
        return _list(value, members, key, types)
    try:
        return free(value) if Any in members else one_of(value, _scalars(members))
    except ValueError as error:
        told = str in members or len(members) == len(_scalars(members)) == 1
        raise _wrong(key, f"'{shown(value)}'", str(error) if told else _must_be(members)) from None


def instance(section: Any, values: Mapping[str, Any], types: Types, key: str = "") -> Any:
    """A section with values of `typed` in place of its own."""
    changes: dict[str, Any] = {}
    for name, value in values.items():
        dotted, current = _dotted(key, name), getattr(section, name)
        if is_dataclass(current):
            base = types[dotted]() if dotted in types else current
            changes[name] = instance(base, value, types, dotted)
        elif isinstance(current, dict) and isinstance(value, dict):
            entries = {
                one: instance(types[_dotted(dotted, one)](), entry, types, _dotted(dotted, one))
                if _dotted(dotted, one) in types
                else entry
                for one, entry in value.items()
            }
            sections = any(is_dataclass(entry) for entry in entries.values())
            changes[name] = {**current, **entries} if sections else merged(current, entries)
        else:
            changes[name] = value
    return replace(section, **changes)


def _mapping(value: Mapping[str, Tree], members: tuple[Any, ...], key: str, types: Types) -> dict[str, Any]:
    section = next((one for one in members if is_dataclass(one)), None)
    if section is not None:
        kinds = field_types(cast(type, section))
        for name in value:
            if name not in kinds:
                raise UnknownKey(_dotted(key, name), name)
        return {name: typed(one, kinds[name], _dotted(key, name), types) for name, one in value.items()}
    kind = next((mapping_value(one) for one in members if get_origin(one) is dict), Any if Any in members else None)
    if kind is None:
        raise _wrong(key, _structure(value), _must_be(members))
    if is_dataclass(kind):
        for name in value:
            check_entry_name(name, key)
    return {name: typed(one, kind, _dotted(key, name), types) for name, one in value.items()}


def _list(value: list[Tree], members: tuple[Any, ...], key: str, types: Types) -> list[Any]:
    lists = [one for one in members if get_origin(one) is list]
    if not lists and Any not in members:
        without = "; write it without brackets" if str in members else ""
        raise _wrong(key, _structure(value), _must_be(members) + without)
    kind = get_args(lists[0])[0] if lists else Any
    return [typed(one, kind, key, types) for one in value]


def _scalars(members: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(one for one in members if one in READERS)


def _must_be(members: tuple[Any, ...]) -> str:
    # Every whole number is a number.
    names = [NAMES[one] for one in _scalars(members) if not (one is int and float in members)]
    names += ["a list as [a,b]"] if any(get_origin(one) is list for one in members) else []
    names += ["keys and values"] if any(get_origin(one) is dict or is_dataclass(one) for one in members) else []
    names += ["null"] if NoneType in members else []
    return f"must be {' or '.join(names)}"


def _wrong(key: str, text: str, reason: str) -> InputError:
    return InputError(f"wrong value for '{shown(key)}': {text} {reason}")


def _structure(value: Tree) -> str:
    return shown(str(value).replace("'", ""))


def _dotted(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name
