"""Which dotted keys a configuration has: its sections, their fields, and the named entries of mappings."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, cast, get_args, get_origin, get_type_hints

from omegaconf import DictConfig, OmegaConf

from gradunc.config.chosen import choice_of


def is_known(key: str, config: DictConfig, schema: type) -> bool:
    """Whether a dotted key names a field; entries of mappings such as `objective.losses` may be new."""
    known = dict(walk(schema, config))
    if key in known:
        return True
    parent, _, last = key.rpartition(".")
    if last.isdigit() and parent in known:
        return True
    if any(mapping_value(kind) is Any and key.startswith(f"{name}.") for name, kind in known.items()):
        return True  # data.mixture, whose parts are checked where they are made
    value = mapping_value(known.get(parent))
    return value is not None and not is_dataclass(value)


def known_keys(schema: type, config: DictConfig | None = None) -> list[str]:
    """All dotted keys: sections, their fields, and the named entries of a loaded configuration."""
    return [name for name, _ in walk(schema, config)]


def walk(schema: type, config: DictConfig | None = None) -> Iterator[tuple[str, Any]]:
    """Dotted name and type of every key of a configuration, sections first."""
    entries = entry_types(schema, config)
    for name, kind in get_type_hints(schema).items():
        if name in entries:
            yield name, entries[name]
            yield from _keys(entries[name], f"{name}.")
            continue
        yield name, kind
        for entry, entry_type in entries.items():
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


def mapping_value(kind: Any) -> Any:
    """The value type of `dict[str, T]`, else None."""
    return get_args(kind)[1] if get_origin(kind) is dict else None


def could_hold(schema: type, key: str) -> bool:
    """Whether some configuration of the schema has a dotted key; an entry of a mapping may have any name."""
    known = dict(walk(schema))
    parent = known.get(key.rpartition(".")[0])
    is_entry = mapping_value(parent) is not None
    return is_entry or bool(owners(schema, key)) or is_known(key, OmegaConf.structured(schema), schema)


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
