"""Objects by their import path: what there is can be listed without importing anything."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any


def imported(path: str) -> Any:
    """The object that `module:name` names.

    >>> imported("math:tau") > 6
    True
    """
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


def lazy_names(package: str, where: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The `__getattr__` and `__dir__` of a package that imports its public names when they are used (PEP 562).

    Args:
        package: its full name.
        where: public name -> the module that has it, below the package.
    """

    def get(name: str) -> Any:
        if name not in where:
            raise AttributeError(f"module '{package}' has no attribute '{name}'")
        return imported(f"{package}.{where[name]}:{name}")

    return get, lambda: sorted({*vars(sys.modules[package]), *where})


class Late(ModuleType):
    """Stands for a module that is imported when it is first asked for something.

    >>> Late("math").floor(1.5)
    1
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__), name)


@contextmanager
def hidden(package: str) -> Iterator[None]:
    """Make a package look as if it were not installed, unless it is imported already.

    >>> with hidden("this"):
    ...     import this
    Traceback (most recent call last):
    ModuleNotFoundError: import of this halted; None in sys.modules
    """
    if package in sys.modules:
        yield
        return
    sys.modules[package] = None  # pyright: ignore[reportArgumentType]
    try:
        yield
    finally:
        del sys.modules[package]
