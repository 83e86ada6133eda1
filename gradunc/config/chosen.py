"""Sections whose fields depend on one of their own keys: `model` on `architecture`, `uncertainty.NAME` on `method`.

The dataclass of such a field is the base of several; its metadata say which key chooses among them. Registries name
them by import path, so that only those that are chosen, or listed by --help, are imported.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields, is_dataclass
from typing import Any, cast, get_args, get_origin, get_type_hints

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
        for name in dict.fromkeys(str(name) for section in sections for name in section):
            entries = [section[name] for section in sections if isinstance(section.get(name), Mapping)]
            _set(config, f"{one.name}.{name}", choice, entries, overrides)
    return config


def is_overruled(schema: type, content: Mapping[str, Any], config: DictConfig) -> bool:
    """Whether a section of a file says another choice than the one that `config` has in the end."""
    for one in fields(schema):
        choice, section = choice_of(one), content.get(one.name)
        if choice is not None and isinstance(section, Mapping) and choice.key in section:
            return section[choice.key] != OmegaConf.select(config, f"{one.name}.{choice.key}")
    return False


def _set(
    config: DictConfig, path: str, choice: Choice, sections: Sequence[Mapping[str, Any]], overrides: Sequence[str]
) -> None:
    where = f"{path}.{choice.key}"
    said = [section[choice.key] for section in sections if choice.key in section]
    said += [_value(override) for override in overrides if override.startswith(f"{where}=")]
    name = said[-1] if said else choice.default
    if not isinstance(name, str):
        raise InputError(f"{where}={name} must be a name: {', '.join(choice.registry)}")
    kind = choice.dataclass_of(name, where)
    parent, _, last = path.rpartition(".")
    section = OmegaConf.select(config, parent) if parent else config
    section[last] = OmegaConf.structured(kind(**{choice.key: name}))


def _value(override: str) -> Any:
    text = override.partition("=")[2]
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text


def entry_types(schema: type, config: DictConfig | None) -> dict[str, type]:
    """Dotted name of every section of a configuration that is a dataclass -> that dataclass.

    Without a configuration a chosen section has the dataclass of its default, and mappings have no entries.
    """
    found: dict[str, type] = {}
    hints = get_type_hints(schema)
    for one in fields(schema):
        kind, choice = hints[one.name], choice_of(one)
        node = None if config is None else OmegaConf.select(config, one.name)
        if get_origin(kind) is dict:
            value = get_args(kind)[1]
            if is_dataclass(value) and isinstance(node, DictConfig):
                for name in node:
                    found[f"{one.name}.{name}"] = _type_of(node._get_node(str(name)), cast(type, value))
        elif is_dataclass(kind):
            default = cast(type, kind) if choice is None else choice.every()[choice.default]
            found[one.name] = default if node is None else _type_of(node, default)
    return found


def _type_of(node: Any, default: type) -> type:
    kind = OmegaConf.get_type(node) if isinstance(node, DictConfig) else None
    return kind if isinstance(kind, type) and is_dataclass(kind) else default


def owners(schema: type, key: str) -> list[str]:
    """Choices under which a key that the chosen section lacks would exist, as "architecture=monodepth2"."""
    hints = get_type_hints(schema)
    for one in fields(schema):
        choice, depth = choice_of(one), 2 if get_origin(hints[one.name]) is dict else 1
        parts = key.split(".")
        if choice is None or parts[0] != one.name or len(parts) != depth + 1:
            continue
        return [
            f"{choice.key}={name}"
            for name, kind in choice.every().items()
            if parts[depth] in {each.name for each in fields(kind)}
        ]
    return []
