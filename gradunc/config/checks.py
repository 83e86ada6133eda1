"""The range of every value of a configuration, which its field states (see `gradunc.options`)."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from gradunc.errors import InputError, shown, unknown
from gradunc.options import CHOICES, Rule


def check_ranges(config: Any, prefix: str = "") -> None:
    """Raise `InputError` for the first value of a configuration that is out of its range.

    Args:
        config: a dataclass whose fields may be dataclasses or mappings of them.
        prefix: of its keys in messages: "data." for a section `data` by itself.
    """
    check_keys(config, prefix)
    values: dict[str, Any] = {}
    for key, value, rule in _values(config, prefix):
        values[key] = value
        if rule is not None and not rule.holds(value):
            raise InputError(f"{key}={shown(str(value).replace(', ', ','))} {rule.message(value)}")
    if values.get("trainer.max_epochs") == values.get("trainer.max_steps") == -1:
        raise InputError("trainer.max_epochs=-1 without trainer.max_steps is endless training; set trainer.max_epochs")


def check_keys(section: Any, prefix: str) -> None:
    """Raise `InputError` for a mapping, as `objective.losses`, with a key that is none of its choices."""
    for field in fields(section):
        value = getattr(section, field.name)
        entries = value if isinstance(value, dict) else {}
        for name in entries:
            if CHOICES in field.metadata and name not in field.metadata[CHOICES]:
                raise unknown(prefix + field.name, name, field.metadata[CHOICES])
        for name, one in {**entries, field.name: value}.items():
            if is_dataclass(one):
                check_keys(one, f"{prefix}{field.name}." if one is value else f"{prefix}{field.name}.{name}.")


def _values(section: Any, prefix: str) -> Iterator[tuple[str, Any, Rule | None]]:
    """Dotted key, value and rule of every option; the rule of a mapping is about each of its entries."""
    for field in fields(section):
        key, value = prefix + field.name, getattr(section, field.name)
        rule = field.metadata.get("rule")
        several = isinstance(value, dict) and not (rule and rule.whole)
        entries = {f"{key}.{name}": one for name, one in value.items()} if several else {key: value}
        for name, one in entries.items():
            if is_dataclass(one):
                yield from _values(one, f"{name}.")
            else:
                yield name, one, rule
