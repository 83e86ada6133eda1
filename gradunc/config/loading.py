"""Merging schema, group files, experiments and overrides into one typed configuration."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

import yaml
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, OmegaConfBaseException

from gradunc.config.checks import check_ranges
from gradunc.config.command_line import EXPERIMENT, CommandLine, group_file
from gradunc.errors import InputError, nearest

Config = TypeVar("Config")


def load(schema: type[Config], groups: Mapping[str, str | None], line: CommandLine) -> Config:
    """The typed configuration of a command.

    Later wins: schema defaults, group files, experiment files, `key=value`. An experiment chooses groups by
    `defaults: {model: lcnet}`; `group=name` on the command line replaces that choice and the whole section that
    experiment files have of it: after `RUN/config.yaml objective=supervised` nothing of the run's objective is left.

    Raises:
        InputError: an unknown key or a wrong type, naming file or argument and the nearest valid key, or a number
            out of its range.
    """
    experiments = [(path, _read(path)) for path in line.experiments]
    chosen = dict(groups)
    for path, content in experiments:
        chosen |= _defaults(content.pop("defaults", {}), groups, path)
    chosen |= line.groups
    config = OmegaConf.structured(schema)
    for group, name in chosen.items():
        if name is not None:
            path = group_file(group, name)
            config = _merge(config, {group: _read(path)}, path, schema)
    for path, content in experiments:
        kept = {key: value for key, value in content.items() if key not in line.groups}
        config = _merge(config, kept, path, schema)
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


def _read(path: Path) -> dict[str, Any]:
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


def _merge(config: DictConfig, content: dict[str, Any], path: Path, schema: type) -> DictConfig:
    sections = [name for name, kind in walk(schema) if is_dataclass(kind) and "." not in name]
    for name in sections:
        if name in content and not isinstance(content[name], dict):
            raise InputError(f"{path}: '{name}' must hold keys and values, but is {content[name]!r}")
    try:
        config.merge_with(content)  # in place: OmegaConf.merge copies the whole tree, which takes most of the time
    except (ConfigKeyError, ConfigAttributeError) as error:
        key = _path_of(error)
        raise InputError(f"{path}: {_unknown_key(key, schema, entry=key.rpartition('.')[0])}") from error
    except OmegaConfBaseException as error:
        raise InputError(f"{path}: {_wrong_type(error)}") from error
    return config


def _override(config: DictConfig, override: str, schema: type) -> None:
    key, _, value = override.partition("=")
    if mapping_value(dict(walk(schema)).get(key)) is float and value[:1] != "{":
        raise InputError(f"{override}: '{key}' holds names with numbers; set {key}.{value or 'NAME'}=1")
    if not is_known(key, config, schema):
        raise InputError(_unknown_key(key, schema, config))
    try:
        config.merge_with_dotlist([override])
    except (ConfigKeyError, ConfigAttributeError) as error:
        raise InputError(_unknown_key(key, schema, config)) from error
    except (OmegaConfBaseException, yaml.YAMLError) as error:
        raise InputError(f"{override}: {_wrong_type(error)}") from error


def is_known(key: str, config: DictConfig, schema: type) -> bool:
    """Whether a dotted key names a field; entries of mappings such as `objective.losses` may be new."""
    if key in known_keys(schema, config):
        return True
    parent, _, last = key.rpartition(".")
    if last.isdigit() and parent in known_keys(schema, config):
        return True
    if any(mapping_value(kind) is Any and key.startswith(f"{name}.") for name, kind in walk(schema)):
        return True  # data.mixture, whose parts are checked where they are made
    return parent in _free_mappings(schema)


def known_keys(schema: type, config: DictConfig | None = None) -> list[str]:
    """All dotted keys: sections, their fields, and the named estimators of a loaded configuration."""
    keys = [name for name, _ in walk(schema)]
    for name, kind in walk(schema):
        value_type = mapping_value(kind)
        if is_dataclass(value_type) and config is not None:
            for entry in OmegaConf.select(config, name) or {}:
                keys += [f"{name}.{entry}", *(f"{name}.{entry}.{field.name}" for field in fields(value_type))]
    return keys


def walk(schema: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted name and type of every field of a dataclass, sections first."""
    hints = get_type_hints(schema)
    for field in fields(schema):
        kind = hints[field.name]
        yield prefix + field.name, kind
        if is_dataclass(kind):
            yield from walk(kind, f"{prefix}{field.name}.")


def mapping_value(kind: Any) -> Any:
    """The value type of `dict[str, T]`, else None."""
    return get_args(kind)[1] if get_origin(kind) is dict else None


def _free_mappings(schema: type) -> list[str]:
    return [name for name, kind in walk(schema) if (value := mapping_value(kind)) and not is_dataclass(value)]


def _path_of(error: OmegaConfBaseException) -> str:
    return str(error.full_key or error.key)


def _unknown_key(key: str, schema: type, config: DictConfig | None = None, entry: str = "") -> str:
    """`entry`: a named estimator that a file defines, whose fields are known."""
    keys = [EXPERIMENT, *known_keys(schema, config)]
    value_type = mapping_value(dict(walk(schema)).get(entry.rpartition(".")[0]))
    if is_dataclass(value_type):
        keys += [f"{entry}.{field.name}" for field in fields(value_type)]
    meant = re.sub(r"(?<![a-z])lr(?![a-z])", "learning_rate", key)
    return f"unknown key '{key}'; did you mean '{nearest(meant, keys)[0]}'?"


def _wrong_type(error: Exception) -> str:
    key = getattr(error, "full_key", None)
    first = str(error).splitlines()[0]
    if "Cannot convert 'list' to string" in first:
        first += "; write it without brackets"
    return f"wrong value for '{key}': {first}" if key else first
