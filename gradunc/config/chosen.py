"""Sections whose fields depend on one of their own keys: `model` on `architecture`, `uncertainty.NAME` on `method`.

The dataclass of such a field is the base of several; its metadata say which key chooses among them. Registries name
them by import path, so that only those that are chosen, or listed by --help, are imported.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from typing import Any, get_origin, get_type_hints

from gradunc.config.arguments import argument
from gradunc.config.tree import Tree
from gradunc.errors import InputError, shown
from gradunc.names import check_distinct
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


def chosen_names(schema: type, contents: Sequence[Mapping[str, Any]], overrides: Sequence[str]) -> dict[str, str]:
    """Dotted name of every section that is chosen by name, of entries too -> what is chosen.

    Args:
        schema: of the configuration.
        contents: of the files that will be merged, later ones winning.
        overrides: `key=value` that will be merged after them.

    Raises:
        InputError: a choice that is no name, or two entries that differ in case only.
    """
    found: dict[str, str] = {}
    for name, (choice, is_mapping) in _choices(schema).items():
        sections = [content[name] for content in contents if isinstance(content.get(name), Mapping)]
        if not is_mapping:
            found[name] = _chosen(name, choice, sections, overrides)
            continue
        names = [entry for section in sections for entry in section]
        names = list(dict.fromkeys([*names, *_new_entries(name, choice, overrides)]))
        check_distinct(names, name)
        for entry in names:
            entries = [section[entry] for section in sections if isinstance(section.get(entry), Mapping)]
            found[f"{name}.{entry}"] = _chosen(f"{name}.{entry}", choice, entries, overrides)
    return found


def chosen_types(schema: type, names: Mapping[str, str]) -> dict[str, type]:
    """Dotted name -> dataclass of every section of `chosen_names`.

    Raises:
        InputError: an unknown choice.
    """
    choices = {name: choice for name, (choice, _) in _choices(schema).items()}
    return {
        path: choices[path.partition(".")[0]].dataclass_of(name, f"{path}.{choices[path.partition('.')[0]].key}")
        for path, name in names.items()
    }


def chosen_values(schema: type, names: Mapping[str, str]) -> dict[str, Any]:
    """The sections of `chosen_names`, which say nothing but what they are."""
    values: dict[str, Any] = {}
    choices = _choices(schema)
    for path, name in names.items():
        section, _, entry = path.partition(".")
        own = {choices[section][0].key: name}
        if entry:
            values.setdefault(section, {})[entry] = own
        else:
            values[section] = own
    return values


def _choices(schema: type) -> dict[str, tuple[Choice, bool]]:
    """Field that is chosen by name -> how, and whether it is a mapping of such sections."""
    hints = get_type_hints(schema)
    found = {one.name: choice_of(one) for one in fields(schema)}
    return {name: (choice, get_origin(hints[name]) is dict) for name, choice in found.items() if choice is not None}


def without_overruled(schema: type, content: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """A file without the sections, and the entries of mappings, that say another choice than `names` (`chosen_names`).

    With `model.architecture=OTHER` alone nothing of the default file of the section holds.
    """
    kept = dict(content)
    for name, (choice, is_mapping) in _choices(schema).items():
        section = content.get(name)
        if not isinstance(section, Mapping):
            continue
        if is_mapping:
            kept[name] = {
                entry: own
                for entry, own in section.items()
                if not isinstance(own, Mapping) or _says(own, choice) == names.get(f"{name}.{entry}")
            }
        elif _says(section, choice) != names.get(name):
            del kept[name]
    return kept


def _says(section: Mapping[str, Any], choice: Choice) -> Any:
    return section.get(choice.key, choice.default)


def _chosen(path: str, choice: Choice, sections: Sequence[Mapping[str, Any]], overrides: Sequence[str]) -> str:
    """What files and overrides choose for one section, the last of them winning."""
    where = f"{path}.{choice.key}"
    said = [(section[choice.key], "") for section in sections if choice.key in section]
    for override in overrides:
        key, _, text = override.partition("=")
        if key == where:
            said.append((argument(key, text, str), override))
        elif key == path and (whole := _section(key, text)) is not None and choice.key in whole:
            said.append((whole[choice.key], ""))
    name, typed = said[-1] if said else (choice.default, "")
    if not isinstance(name, str) or (typed and name[:1] in "[{"):
        said_as = shown(typed) or f"{where}={'null' if name is None else name}"
        raise InputError(f"{said_as} must be a name: {', '.join(choice.registry)}")
    return str(name)


def _new_entries(section: str, choice: Choice, overrides: Sequence[str]) -> list[str]:
    """Entries that overrides make: `uncertainty.NAME.method=...` and `uncertainty.NAME={...}`."""
    found: list[str] = []
    for override in overrides:
        key, _, text = override.partition("=")
        parts = key.split(".")
        if parts[0] != section or not all(parts):
            continue
        if parts[2:] == [choice.key] or (len(parts) == 2 and _section(key, text) is not None):
            found.append(parts[1])
    return found


def _section(key: str, text: str) -> Mapping[str, Tree] | None:
    """A whole section in one argument, `uncertainty.NAME={...}`; None for another value."""
    value = argument(key, text, dict[str, Any])
    return value if isinstance(value, Mapping) else None
