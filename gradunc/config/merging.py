"""Merging parts of a configuration, by OmegaConf."""

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from omegaconf import OmegaConf

_TEXT = "text:"
"""In front of every text while it is merged: OmegaConf takes a text that is `???` for a value that is missing."""
_MARK = re.compile(r"(\\*)(\$\{)")


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both, `above` winning; mappings that both have are merged likewise. Text stays as it is typed, `${` too.

    >>> merged({"a": {"b": 1, "c": [1, 2]}}, {"a": {"c": [3]}, "d": "${b}"})
    {'a': {'b': 1, 'c': [3]}, 'd': '${b}'}
    """
    parts = [_each_text(part, _escaped) for part in (below, above)]
    whole = OmegaConf.to_container(OmegaConf.merge(*parts), resolve=True)
    return cast(dict[str, Any], _each_text(whole, lambda text: text.removeprefix(_TEXT)))


def _escaped(text: str) -> str:
    """As OmegaConf writes text that is no interpolation: a backslash before each `${`, and twice those before it."""
    return _TEXT + _MARK.sub(r"\1\1\\\2", text)


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    """The same structure of plain values, each text of it changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _each_text(one, change) for key, one in value.items()}
    return [_each_text(one, change) for one in value] if isinstance(value, list) else value
