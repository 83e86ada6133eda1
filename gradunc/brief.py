"""Values that hold tensors in one line: their shapes and ranges instead of their numbers.

Tensors are known by what they can do, so that this needs no torch.
"""

import math
from collections.abc import Mapping
from typing import Any

from gradunc.errors import one_line, shown

LONGEST = 280
"""Characters of a value as `brief_repr` writes it."""


def brief_repr(self: Any) -> str:
    """The `__repr__` of a named tuple or dataclass: fields that are None or empty are left out.

    >>> from typing import NamedTuple
    >>> class Size(NamedTuple):
    ...     height: int
    ...     unit: str = ""
    ...     __repr__ = brief_repr
    >>> Size(3)
    Size(height: 3)
    """
    names = self._fields if hasattr(self, "_fields") else self.__dataclass_fields__
    values = {name: getattr(self, name) for name in names}
    return briefly(self, {name: value for name, value in values.items() if not is_empty(value)})


def briefly(owner: Any, parts: Mapping[str, Any]) -> str:
    """An object as "Class(name: value, ...)", in one line of at most `LONGEST` characters."""
    inside = ", ".join(f"{name}: {brief(value)}" for name, value in parts.items())
    return one_line(f"{type(owner).__name__}({inside})", LONGEST)


def brief(value: Any) -> str:
    """Any value in a few words.

    >>> brief([1, 2]), brief({"a": 1, "b": 2}), brief("text")
    ('2 values', '2 (a, b)', 'text')
    """
    if is_array(value):
        return f"{shape_of(value)} {span(value)}".rstrip()
    if isinstance(value, Mapping):
        names = shown(", ".join(map(str, list(value)[:3])), 60)
        return f"{len(value)} ({names}{', ...' if len(value) > 3 else ''})"
    if isinstance(value, list | tuple | set | frozenset):
        return f"{len(value)} values"
    if hasattr(value, "named_modules"):
        return type(value).__name__
    return shown(" ".join(str(value).split()), 60)


def named(value: Any, choices: Mapping[str, Any] | None = None) -> str:
    """A function by its name among the choices or its own, anything else in a few words.

    >>> named(len, {"length": len}), named(len), named(3)
    ('length', 'len', '3')
    """
    known = next((name for name, one in (choices or {}).items() if one is value), None)
    return known or str(getattr(value, "__name__", None) or brief(value))


def is_array(value: Any) -> bool:
    """Whether a value is a tensor or an array."""
    return all(hasattr(value, name) for name in ("shape", "dtype", "ndim"))


def is_empty(value: Any) -> bool:
    """Whether a value says nothing: None, "", or a container without entries."""
    return value is None or (not is_array(value) and hasattr(value, "__len__") and len(value) == 0)


def shape_of(array: Any) -> str:
    """The sizes of a tensor or an array, as "1x3x192x640"."""
    return "x".join(map(str, array.shape)) or "scalar"


def span(array: Any) -> str:
    """From the smallest to the largest finite number, or how many are True; "" where nobody can know.

    >>> import numpy as np
    >>> span(np.array([1.0, np.nan, 2.5])), span(np.array([True, False]))
    ('1 to 2.5, 33% not finite', '50% True')
    """
    try:
        if math.prod(array.shape) == 0:
            return "empty"
        if str(array.dtype).rpartition(".")[2] == "bool":
            return f"{_share(array)} True"
        array = array.detach() if hasattr(array, "detach") else array
        finite = abs(array) < math.inf
        inside = array[finite]
        if math.prod(inside.shape) == 0:
            return "nothing finite"
        low, high = float(inside.min()), float(inside.max())
        numbers = f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"
        return numbers if bool(finite.all()) else f"{numbers}, {_share(~finite)} not finite"
    except (RuntimeError, TypeError):  # on the meta device, while it is traced, or no numbers
        return ""


def _share(mask: Any) -> str:
    """How much of a mask is True, never rounded to all or nothing."""
    count, total = int(mask.sum()), math.prod(mask.shape)
    percent = round(100 * count / total)
    if count and percent == 0:
        return "<1%"
    return ">99%" if count < total and percent == 100 else f"{percent}%"
