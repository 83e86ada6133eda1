"""Registries: plain dicts that name things by import path, so that a list or a typo imports none of them."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from gradunc.errors import unknown
from gradunc.imports import imported


class Entry(NamedTuple):
    """One line of a registry: two import paths `package.module:Name`."""

    settings: str
    """What may be configured: a dataclass of options, or the `Verb` of a verb. Its module imports no torch."""
    implementation: str
    """What is configured: a class, a factory or a command; the registry says which."""


Registry = Mapping[str, Entry]
"""Name, as it is typed -> the thing."""


def settings_of(registry: Registry, name: str, kind: str, others: Iterable[str] = ()) -> Any:
    """The settings of a thing, imported.

    Args:
        registry: where it is.
        name: of the thing.
        kind: what it is, for the message.
        others: names that are valid choices, too, but not in the registry.

    Raises:
        InputError: an unknown name.
    """
    return imported(_entry(registry, name, kind, others).settings)


def implementation_of(registry: Registry, name: str, kind: str, others: Iterable[str] = ()) -> Any:
    """The implementation of a thing, imported; arguments and errors as for `settings_of`."""
    return imported(_entry(registry, name, kind, others).implementation)


def _entry(registry: Registry, name: str, kind: str, others: Iterable[str]) -> Entry:
    if name not in registry:
        raise unknown(kind, name, (*registry, *others))
    return registry[name]
