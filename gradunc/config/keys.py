"""Which dotted keys a configuration has: its sections, their fields, and the named entries of mappings."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, cast, get_args, get_origin, get_type_hints

from gradunc.config.chosen import choice_of
from gradunc.config.fields import field_types, mapping_value, members_of
from gradunc.config.tree import DEEPEST
from gradunc.config.typed import Types


def known_keys(schema: type, types: Types | None = None) -> list[str]:
    """All dotted keys: sections, their fields, and the named entries of a configuration.

    Args:
        schema: of the configuration.
        types: of its sections that are chosen by name; without them a section has the dataclass of its default, and
            mappings have no entries.
    """
    return [name for name, _ in walk(schema, types)]


def walk(schema: type, types: Types | None = None) -> Iterator[tuple[str, Any]]:
    """Dotted name and type of every key of a configuration, sections first; arguments as for `known_keys`."""
    found = default_types(schema) if types is None else types
    for name, kind in get_type_hints(schema).items():
        own = found.get(name, kind)
        yield name, own
        if is_dataclass(own):
            yield from _keys(cast(type, own), f"{name}.")
        for entry, entry_type in found.items():
            if entry.startswith(f"{name}."):
                yield entry, entry_type
                yield from _keys(entry_type, f"{entry}.")


def _keys(section: type, prefix: str) -> Iterator[tuple[str, Any]]:
    hints = get_type_hints(section)
    for field in fields(section):
        kind = hints[field.name]
        yield prefix + field.name, kind
        if is_dataclass(kind):
            yield from _keys(cast(type, kind), f"{prefix}{field.name}.")


def default_types(schema: type) -> dict[str, type]:
    """Every section that is chosen by name, entries of mappings aside -> the dataclass of its default."""
    mappings = _mappings_of_chosen(schema)
    choices = {one.name: choice_of(one) for one in fields(schema) if one.name not in mappings}
    return {name: choice.every()[choice.default] for name, choice in choices.items() if choice is not None}


def type_of(schema: type, key: str, types: Types) -> Any:
    """The type of what a dotted key names, None if there can be no such key.

    Entries of mappings may be new, unless they are sections that are chosen by name.
    """
    parts = key.split(".")
    if len(parts) > DEEPEST:
        return None
    if parts[0] in _mappings_of_chosen(schema) and len(parts) > 1 and ".".join(parts[:2]) not in types:
        return None
    kind: Any = schema
    for depth, name in enumerate(parts, start=1):
        kind = types.get(".".join(parts[:depth])) or _child(kind, name)
        if kind is None:
            return None
    return kind


def _mappings_of_chosen(schema: type) -> set[str]:
    hints = get_type_hints(schema)
    return {one.name for one in fields(schema) if choice_of(one) is not None and get_origin(hints[one.name]) is dict}


def _child(kind: Any, name: str) -> Any:
    """The type of one part of a value; None if there is no such part."""
    for member in members_of(kind):
        if is_dataclass(member):
            return field_types(cast(type, member)).get(name)
        if get_origin(member) is dict and name:
            return mapping_value(member)
        if get_origin(member) is list and name.isascii() and name.isdecimal() and len(name) < 10:
            return get_args(member)[0]
        if member is Any and name:
            return Any
    return None


def could_hold(schema: type, key: str) -> bool:
    """Whether some configuration of the schema has a dotted key; an entry of a mapping may have any name."""
    known = dict(walk(schema))
    parent = known.get(key.rpartition(".")[0])
    is_entry = mapping_value(parent) is not None
    return is_entry or bool(owners(schema, key)) or type_of(schema, key, default_types(schema)) is not None


def owners(schema: type, key: str) -> str:
    """Choices under which a key that the chosen section lacks would exist, as "method=a, b or c"; else ""."""
    hints = get_type_hints(schema)
    for one in fields(schema):
        choice, depth = choice_of(one), 2 if get_origin(hints[one.name]) is dict else 1
        parts = key.split(".")
        if choice is None or parts[0] != one.name or len(parts) != depth + 1:
            continue
        found = [name for name, kind in choice.every().items() if parts[depth] in {each.name for each in fields(kind)}]
        listed = " or ".join(part for part in (", ".join(found[:-1]), *found[-1:]) if part)
        return f"{choice.key}={listed}" if found else ""
    return ""
