"""Merging schema, group files, experiments and overrides into one typed configuration."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, OmegaConfBaseException

from gradunc.config.checks import check_ranges
from gradunc.config.chosen import chosen_names, typed_base, without_overruled
from gradunc.config.command_line import EXPERIMENT, CommandLine, choices, config_folder, group_file
from gradunc.config.keys import entry_types, is_known, known_keys, mapping_value, owners, walk
from gradunc.errors import InputError, nearest

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
    experiments = [(path, read_yaml(path)) for path in line.experiments]
    asked: dict[str, str | None] = {}
    for path, content in experiments:
        asked |= _defaults(content.pop("defaults", {}), groups, path)
    asked |= line.groups
    layers: list[tuple[Path, dict[str, Any]]] = []
    for group, name in {**groups, **asked}.items():
        if name is not None:
            path = group_file(group, name)
            layers.append((path, {group: read_yaml(path)}))
    for path, content in experiments:
        layers.append((path, {key: value for key, value in content.items() if key not in line.groups}))
    config = typed_base(schema, [content for _, content in layers], line.overrides)
    unasked = [group_file(group, name) for group, name in groups.items() if name is not None and group not in asked]
    names = chosen_names(schema, config)
    for path, content in layers:
        held = without_overruled(schema, content, names) if path in unasked else content
        _merge(config, held, path, schema, names)
    for override in line.overrides:
        _override(config, override, schema)
    try:
        result = cast(Config, OmegaConf.to_object(config))
    except OmegaConfBaseException as error:
        raise InputError(_wrong_type(error)) from error
    check_ranges(result)
    return result


def as_yaml(config: Any, groups: Iterable[str] = ()) -> str:
    """The resolved configuration as YAML; with `groups` it says that none of them is to be loaded below it."""
    header = OmegaConf.to_yaml({"defaults": dict.fromkeys(groups)}) if groups else ""
    return header + OmegaConf.to_yaml(OmegaConf.structured(config))


def as_dict(config: Any) -> dict[str, Any]:
    """The resolved configuration as plain values."""
    return cast(dict[str, Any], OmegaConf.to_container(OmegaConf.structured(config)))


def read_yaml(path: Path) -> dict[str, Any]:
    """Keys and values of a file; InputError if it holds something else."""
    try:
        content = yaml.safe_load(path.read_text())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is no YAML: {' '.join(str(error).split())}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise InputError(f"{path} must hold keys and values, but holds a {type(content).__name__}")
    return content


def _defaults(wanted: Any, groups: Mapping[str, str | None], path: Path) -> dict[str, str | None]:
    if not isinstance(wanted, dict):
        raise InputError(f"{path}: 'defaults' must map groups to names, for example {{model: lcnet}}")
    for group in wanted:
        if group not in groups:
            raise InputError(f"{path}: unknown group '{group}'; did you mean '{nearest(group, groups)[0]}'?")
    return {str(group): None if name is None else str(name) for group, name in wanted.items()}


def _merge(config: DictConfig, content: dict[str, Any], path: Path, schema: type, names: Mapping[str, str]) -> None:
    for name in entry_types(schema, None):
        if name in content and not isinstance(content[name], dict):
            raise InputError(f"{path}: '{name}' must hold keys and values, but is {content[name]!r}")
    try:
        config.merge_with(content)  # in place: OmegaConf.merge copies the whole tree, which takes most of the time
    except (ConfigKeyError, ConfigAttributeError) as error:
        key = _path_of(error)
        ours = path.is_relative_to(config_folder())
        advice = _other_file(key.partition(".")[0], schema, names) if ours else OMIT
        raise InputError(f"{path}: {_unknown_key(key, schema, config, advice)}") from error
    except OmegaConfBaseException as error:
        raise InputError(f"{path}: {_wrong_type(error)}") from error


def _override(config: DictConfig, override: str, schema: type) -> None:
    key, _, value = override.partition("=")
    if mapping_value(dict(walk(schema, config)).get(key)) is float and value[:1] != "{":
        raise InputError(f"{override}: '{key}' holds names with numbers; set {key}.{value or 'NAME'}=1")
    if not is_known(key, config, schema):
        raise InputError(_unknown_key(key, schema, config))
    try:
        config.merge_with_dotlist([override])
    except (ConfigKeyError, ConfigAttributeError) as error:
        raise InputError(_unknown_key(key, schema, config)) from error
    except (OmegaConfBaseException, yaml.YAMLError) as error:
        raise InputError(f"{override}: {_wrong_type(error)}") from error


def _path_of(error: OmegaConfBaseException) -> str:
    return str(error.full_key or error.key)


def _unknown_key(key: str, schema: type, config: DictConfig, advice: str = OMIT) -> str:
    known = known_keys(schema, config)
    elsewhere = owners(schema, key) if key.rpartition(".")[0] in known else []
    if elsewhere:
        return f"unknown key '{key}': it exists with {' or '.join(elsewhere)} only; {advice}"
    meant = re.sub(r"(?<![a-z])lr(?![a-z])", "learning_rate", key)
    return f"unknown key '{key}'; did you mean '{nearest(meant, [EXPERIMENT, *known])[0]}'?"


def _other_file(group: str, schema: type, names: Mapping[str, str]) -> str:
    """What to choose instead of a file of ours, which nobody wants to edit for one call."""
    contents = {name: {group: read_yaml(group_file(group, name))} for name in choices(group)}
    fitting = [name for name, content in contents.items() if without_overruled(schema, content, names) == content]
    return f"choose {' or '.join(f'{group}={name}' for name in fitting)} instead" if fitting else OMIT


def _wrong_type(error: Exception) -> str:
    key = getattr(error, "full_key", None)
    first = str(error).splitlines()[0]
    if "Cannot convert 'list' to string" in first:
        first += "; write it without brackets"
    return f"wrong value for '{key}': {first}" if key else first
