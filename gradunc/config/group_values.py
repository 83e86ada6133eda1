"""What the files of the default groups say where it is not the default of the field, for --help."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any

from gradunc.config.chosen import choice_of
from gradunc.config.command_line import CommandLine
from gradunc.config.loading import load

Notes = Mapping[tuple[type, str], str]
"""(Dataclass of a section, dotted name of a field of it) -> what holds where nothing is chosen."""


def group_notes(schema: type, groups: Mapping[str, str | None]) -> dict[tuple[type, str], str]:
    """The notes of every field that a default group changes; entries of a mapping are called NAME, as in --help.

    Args:
        schema: dataclass of a configuration.
        groups: group -> choice without a word.
    """
    defaults = {group: name for group, name in groups.items() if name is not None}
    if not defaults:
        return {}
    config = load(schema, groups, CommandLine())
    found: dict[tuple[type, str], str] = {}
    for kind, name, value, entry in _changed(config, "", ""):
        group = name.partition(".")[0]
        if group in defaults:
            told = f"{group}={defaults[group]} (default)"
            note = f"{shown_value(value)} with {told}" if not entry else f"{shown_value(value)} for {entry} of {told}"
            key = kind, name
            found[key] = f"{found[key]}, {note}" if key in found else note
    return found


def _changed(section: Any, prefix: str, entry: str) -> Iterator[tuple[type, str, Any, str]]:
    """Dataclass, dotted name, value and entry of every field of a section that is not what its dataclass says."""
    for one in fields(section):
        value, name = getattr(section, one.name), prefix + one.name
        if choice_of(one) is not None and isinstance(value, dict):
            for label, own in value.items():
                yield from _changed(own, f"{name}.NAME.", label)
        elif is_dataclass(value):
            yield from _changed(value, f"{name}.", entry)
        elif value != default_of(one):
            yield type(section), name, value, entry


def default_of(one: Field[Any]) -> Any:
    """The default of a field."""
    return one.default_factory() if one.default_factory is not MISSING else one.default


def shown_value(value: Any) -> str:
    """A value as --help has it."""
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
