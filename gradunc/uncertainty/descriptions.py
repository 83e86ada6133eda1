"""What an estimator computes, as plain values: two that may differ in their results have different ones.

A `repr` is no such thing: it is cut to one line, and of many objects it is a place in memory.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import partial
from typing import Any

from torch import Tensor, nn

from gradunc.brief import shape_of
from gradunc.uncertainty.interface import Fitted
from gradunc.uncertainty.learned import bytes_of, checksum

_PLAIN = (bool, int, float, str, Tensor, nn.Module)

UNREADABLE = "unknown"
"""The checksum of weights that are no plain tensors: those of quantised networks."""


def description_of(estimator: Any) -> dict[str, Any]:
    """The `description()` of an estimator, or the class of one that has none, and what it has learned."""
    own: Callable[[], Mapping[str, Any]] | None = getattr(estimator, "description", None)
    said: dict[str, Any] = {"class": _name_of(type(estimator))} if own is None else dict(own())
    if isinstance(estimator, Fitted):
        said["learned"] = {name: _of_tensor(values) for name, values in sorted(estimator.learned().items())}
    return said


def described(value: Any, choices: Mapping[str, Any] | None = None) -> Any:
    """An option as a plain value.

    Args:
        value: a number or text stays what it is; a dataclass and any other object become their class and attributes, a
            network its class and a checksum, a function its name, with the arguments of a `partial`. Of functions
            without a name of their own (lambdas), and of what a closure holds, nothing is known.
        choices: objects that have a name.
    """
    known = next((name for name, one in (choices or {}).items() if one is value), None)
    if known is not None or value is None or isinstance(value, bool | int | float | str):
        return known or value
    if isinstance(value, nn.Module):
        return {"class": _name_of(type(value)), "weights": weights_of(value)}
    if isinstance(value, Tensor):
        return _of_tensor(value)
    if isinstance(value, Mapping):
        return {str(key): described(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [described(one) for one in value]
    if isinstance(value, partial):
        return {
            "function": described(value.func),
            "given": described([*value.args]),
            "named": described(value.keywords),
        }
    if is_dataclass(value) and not isinstance(value, type):
        options = {field.name: described(getattr(value, field.name)) for field in fields(value)}
        return {"class": _name_of(type(value)), **options}
    if hasattr(value, "__qualname__"):
        return _name_of(value)
    # One level only: objects may hold one another in a circle.
    attributes = {
        name: described(one) if one is None or isinstance(one, _PLAIN) else _name_of(type(one))
        for name, one in getattr(value, "__dict__", {}).items()
    }
    return {"class": _name_of(type(value)), **attributes} if attributes else _name_of(type(value))


def weights_of(network: nn.Module) -> str:
    """A checksum of all weights and buffers of a network, or `UNREADABLE`."""
    try:
        return f"{checksum(network):08x}"
    except (AttributeError, TypeError, RuntimeError):
        return UNREADABLE


def _of_tensor(values: Tensor) -> str:
    return f"{shape_of(values)} {zlib.crc32(bytes_of(values)):08x}"


def _name_of(thing: Any) -> str:
    return f"{thing.__module__}.{thing.__qualname__}"
