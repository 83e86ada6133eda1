"""Merging schema, group files, experiments and overrides into one typed configuration."""

from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any, TypeVar, cast

from gradunc.config.arguments import argument
from gradunc.config.checks import check_ranges
from gradunc.config.chosen import chosen_names, chosen_types, chosen_values, without_overruled
from gradunc.config.command_line import EXPERIMENT, CommandLine, choices, group_file
from gradunc.config.fields import field_types, is_list, mapping_value
from gradunc.config.former import FORMER, with_names_of_now
from gradunc.config.keys import known_keys, owners, type_of
from gradunc.config.layers import Layer, layers_of
from gradunc.config.meant import meant_keys
from gradunc.config.merging import merged
from gradunc.config.tree import read_yaml
from gradunc.config.typed import Types, UnknownKey, instance, typed
from gradunc.errors import InputError, did_you_mean, shown

Config = TypeVar("Config")

OMIT = "omit it, or choose that"
"""Advice about a key that exists with another choice."""


def load(schema: type[Config], groups: Mapping[str, str | None], line: CommandLine) -> Config:
    """The typed configuration of a command.

    Later wins: schema defaults, group files, experiment files, `key=value`. An experiment chooses groups by
    `defaults: {model: lcnet}`; `group=name` on the command line replaces that choice and the whole section that
    experiment files have of it: after `RUN/config.yaml objective=supervised` nothing of the run's objective is left.

    Raises:
        InputError: an unknown key or a wrong type, naming file or argument and the nearest valid key, or a number
            out of its range.
    """
    layers = layers_of(schema, groups, line)
    names = chosen_names(schema, [layer.content for layer in layers], line.overrides)
    types = chosen_types(schema, names)
    values = chosen_values(schema, names)
    for layer in layers:
        values = merged(values, _of_layer(layer, schema, names, types))
    for override in line.overrides:
        values = _with_override(values, override, schema, types)
    config = cast(Config, instance(schema(), values, types))
    check_ranges(config)
    return config


def _of_layer(layer: Layer, schema: type, names: Mapping[str, str], types: Types) -> dict[str, Any]:
    """The typed values of a file."""
    content = layer.content if layer.asked else without_overruled(schema, layer.content, names)
    try:
        return typed(with_names_of_now(content), schema, "", types)
    except UnknownKey as error:
        if "." in error.written:
            raise InputError(f"{layer.path}: {_flat_key(error.written)}") from error
        advice = _other_file(error.key.partition(".")[0], schema, names) if layer.ours else OMIT
        raise InputError(f"{layer.path}: {_unknown_key(error.key, schema, types, advice)}") from error
    except InputError as error:
        raise InputError(f"{layer.path}: {error}") from error


def _with_override(values: dict[str, Any], override: str, schema: type, types: Types) -> dict[str, Any]:
    """The values with one `key=value` on top of them."""
    key, _, text = override.partition("=")
    kind = type_of(schema, key, types)
    if kind is None:
        raise InputError(_unknown_key(key, schema, types))
    if mapping_value(kind) is float and text[:1] != "{":
        raise InputError(
            f"{shown(override)}: '{key}' holds names with numbers; set {key}.{shown(text, 40) or 'NAME'}=1"
        )
    value, (parent, _, last) = argument(key, text, kind), key.rpartition(".")
    try:
        if parent and is_list(type_of(schema, parent, types)):
            entries = _at(instance(schema(), values, types), parent) or []
            entry = typed(value, kind, key, types)
            return merged(values, _nested(parent, _with_entry(entries, int(last), entry, override)))
        return merged(values, typed(_nested(key, value), schema, "", types))
    except UnknownKey as error:
        raise InputError(_unknown_key(error.key, schema, types)) from error


def _at(config: Any, key: str) -> Any:
    """What a dotted key names, None if there is nothing yet."""
    for name in key.split(".") if key else ():
        config = config.get(name) if isinstance(config, dict) else getattr(config, name, None)
    return config


def _nested(key: str, value: Any) -> dict[str, Any]:
    """A mapping in which a dotted key has a value."""
    for name in reversed(key.split(".")):
        value = {name: value}
    return value


def _with_entry(entries: list[Any], position: int, value: Any, override: str) -> list[Any]:
    if position >= len(entries):
        raise InputError(f"{shown(override)}: the list has {len(entries)} entries, counted from 0; set the whole list")
    return [*entries[:position], value, *entries[position + 1 :]]


def _unknown_key(key: str, schema: type, types: Types, advice: str = OMIT) -> str:
    if key in FORMER:
        return f"'{key}' is now '{FORMER[key]}'"
    known, parent = known_keys(schema, types), key.rpartition(".")[0]
    if elsewhere := owners(schema, key) if parent in known else "":
        return f"unknown key '{shown(key)}': it exists with {elsewhere} only; {advice}"
    section = type_of(schema, parent, types)
    known += [f"{parent}.{name}" for name in field_types(section)] if is_dataclass(section) else []
    if parent in known and not is_dataclass(section) and mapping_value(section) is None:
        return f"unknown key '{shown(key)}'; did you mean '{parent}'?"
    if meant := meant_keys(key, known):
        return f"unknown key '{shown(key)}'; here it is {' or '.join(meant)}"
    return f"unknown key '{shown(key)}'{did_you_mean(key, [EXPERIMENT, *known]) or '; --help names all keys'}"


def _flat_key(key: str) -> str:
    """Of a key with dots in a file, where the sections stand above their keys."""
    *sections, last = FORMER.get(key, key).split(".")
    nested = f"{last}: ..."
    for section in reversed(sections):
        nested = f"{section}: {{{nested}}}"
    return f"the key '{shown(key)}' has dots, as on the command line; keys of a file are nested: write {shown(nested)}"


def _other_file(group: str, schema: type, names: Mapping[str, str]) -> str:
    """What to choose instead of a file of ours, which nobody wants to edit for one call."""
    contents = {name: {group: read_yaml(group_file(group, name))} for name in choices(group)}
    fitting = [name for name, content in contents.items() if without_overruled(schema, content, names) == content]
    return f"choose {' or '.join(f'{group}={name}' for name in fitting)} instead" if fitting else OMIT
