"""Sections whose fields depend on one of their own keys: `model` on `architecture`, `uncertainty.NAME` on `method`.

The dataclass of such a field is the base of several; its metadata say which key chooses among them. Registries name
them by import path, so that only those that are chosen, or listed by --help, are imported.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from typing import Any, get_origin, get_type_hints

import yaml
from omegaconf import DictConfig, OmegaConf

from gradunc.errors import InputError
from gradunc.registry import Registry, settings_of

CHOICE = "choice"
"""Key of the metadata of a field."""


@dataclass(frozen=True)
class Choice:
    """How a section finds its dataclass."""

    key: str
    """Of the section, whose value chooses."""
    registry: Registry
    """Value of the key -> the thing, whose settings are a subclass of the field's type."""
    default: str
    """What a section that does not say it is."""

    def dataclass_of(self, name: str, where: str) -> type:
        """The dataclass of one choice; InputError, naming the key `where`, for an unknown one."""
        return settings_of(self.registry, name, where)

    def every(self) -> dict[str, type]:
        """All of them, the default first."""
        names = [self.default, *(name for name in self.registry if name != self.default)]
        return {name: self.dataclass_of(name, self.key) for name in names}


def chosen(choice: Choice, default_factory: Callable[[], Any], text: str = "") -> Any:
    """A dataclass field with a choice."""
    return field(default_factory=default_factory, metadata={"help": text, CHOICE: choice})


def choice_of(one: Field[Any]) -> Choice | None:
    """The choice of a field, if it has one."""
    return one.metadata.get(CHOICE)


def typed_base(schema: type, contents: Sequence[Mapping[str, Any]], overrides: Sequence[str]) -> DictConfig:
    """The defaults of a configuration, every section that is chosen by name with the dataclass it will have.

    Args:
        schema: of the configuration.
        contents: of the files that will be merged, later ones winning.
        overrides: `key=value` that will be merged after them.

    Raises:
        InputError: an unknown choice.
    """
    config = OmegaConf.structured(schema)
    hints = get_type_hints(schema)
    for one in fields(schema):
        choice = choice_of(one)
        if choice is None:
            continue
        sections = [content[one.name] for content in contents if isinstance(content.get(one.name), Mapping)]
        if get_origin(hints[one.name]) is not dict:
            _set(config, one.name, choice, sections, overrides)
            continue
        names = [str(name) for section in sections for name in section]
        for name in dict.fromkeys([*names, *_new_entries(one.name, choice, overrides)]):
            entries = [section[name] for section in sections if isinstance(section.get(name), Mapping)]
            _set(config, f"{one.name}.{name}", choice, entries, overrides)
    return config


def chosen_names(schema: type, config: DictConfig) -> dict[str, str]:
    """Dotted name of every section that is chosen by name, of entries too -> what is chosen."""
    found: dict[str, str] = {}
    hints = get_type_hints(schema)
    for one in fields(schema):
        choice = choice_of(one)
        if choice is None:
            continue
        if get_origin(hints[one.name]) is dict:
            found |= {f"{one.name}.{name}": entry[choice.key] for name, entry in config[one.name].items()}
        else:
            found[one.name] = config[one.name][choice.key]
    return found


def without_overruled(schema: type, content: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """A file without the sections, and the entries of mappings, that say another choice than `names` (`chosen_names`).

    With `model.architecture=OTHER` alone nothing of the default file of the section holds.
    """
    kept, hints = dict(content), get_type_hints(schema)
    for one in fields(schema):
        choice, section = choice_of(one), content.get(one.name)
        if choice is None or not isinstance(section, Mapping):
            continue
        if get_origin(hints[one.name]) is dict:
            kept[one.name] = {
                name: entry
                for name, entry in section.items()
                if not isinstance(entry, Mapping) or _says(entry, choice) == names.get(f"{one.name}.{name}")
            }
        elif _says(section, choice) != names.get(one.name):
            del kept[one.name]
    return kept


def _says(section: Mapping[str, Any], choice: Choice) -> Any:
    return section.get(choice.key, choice.default)


def _set(
    config: DictConfig, path: str, choice: Choice, sections: Sequence[Mapping[str, Any]], overrides: Sequence[str]
) -> None:
    where = f"{path}.{choice.key}"
    said = [(section[choice.key], "") for section in sections if choice.key in section]
    for override in overrides:
        key, value = _parsed(override)
        if key == where:
            said.append((value, override))
        elif key == path and isinstance(value, Mapping) and choice.key in value:
            said.append((value[choice.key], ""))
    name, typed = said[-1] if said else (choice.default, "")
    if not isinstance(name, str):
        raise InputError(f"{typed or f'{where}={_written(name)}'} must be a name: {', '.join(choice.registry)}")
    kind = choice.dataclass_of(name, where)
    parent, _, last = path.rpartition(".")
    section = OmegaConf.select(config, parent) if parent else config
    section[last] = OmegaConf.structured(kind(**{choice.key: name}))


def _new_entries(section: str, choice: Choice, overrides: Sequence[str]) -> list[str]:
    """Entries that overrides make: `uncertainty.NAME.method=...` and `uncertainty.NAME={...}`."""
    found: list[str] = []
    for override in overrides:
        key, value = _parsed(override)
        parts = key.split(".")
        whole = len(parts) == 2 and isinstance(value, Mapping)
        if parts[0] == section and all(parts) and (whole or parts[2:] == [choice.key]):
            found.append(parts[1])
    return found


def _parsed(override: str) -> tuple[str, Any]:
    """Key and value of `key=value`."""
    key, _, text = override.partition("=")
    try:
        return key, yaml.safe_load(text)
    except yaml.YAMLError:
        return key, text


def _written(value: Any) -> str:
    """A value as YAML has it."""
    return yaml.safe_dump(value, default_flow_style=True, explicit_end=False).split("\n")[0]
