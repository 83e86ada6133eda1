"""Objects by their import path: registries hold paths, so that listing what there is imports nothing."""

from importlib import import_module
from typing import Any


def imported(path: str) -> Any:
    """The object that `module:name` names.

    >>> imported("math:tau") > 6
    True
    """
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)
