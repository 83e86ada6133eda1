"""Places of this machine in values that others may read: of each only its last part is left."""

import os
import re
from collections.abc import Callable
from pathlib import PureWindowsPath
from typing import Any

HUB = "hf:"
URL = re.compile(r"(?!file:)[a-z][a-z0-9+.-]+://", re.IGNORECASE)
ROOTED = re.compile(r"([a-z][a-z0-9+.-]*:)?(/|~|\.\.?[/\\]|\\\\|[a-z]:[/\\])", re.IGNORECASE)
"""The beginning of a path that needs no folder to begin from, or names it with dots; a scheme may stand before it."""


def may_be_place(text: str) -> bool:
    """Whether a text that names a file, a folder or a network is a path, and no address and no `hf:ORG/NAME`.

    >>> [may_be_place(text) for text in ("runs/a", "a", "hf:me/a", "https://a.b/c", "file:///a")]
    [True, False, False, False, True]
    """
    return bool(re.search(r"[/\\]", text)) and not text.startswith(HUB) and URL.match(text) is None


def is_place(text: str) -> bool:
    """Whether any text is a path of a machine: by its beginning, or because something lies there.

    >>> [is_place(text) for text in ("/home/me/a", "~/a", "../a", "local-dir:/a", "me/nowhere", "MIT / BSD")]
    [True, True, True, True, False, False]
    """
    return may_be_place(text) and (ROOTED.match(text) is not None or os.path.lexists(text))


def without_places(value: Any, is_place: Callable[[str], bool] = is_place) -> Any:
    """A plain value, in which of every path only the last part is left.

    Args:
        value: texts and numbers, and lists and mappings of them.
        is_place: which texts are paths.

    >>> without_places({"checkpoints": ["/home/me/runs/a", "hf:me/a"], "seed": 3})
    {'checkpoints': ['a', 'hf:me/a'], 'seed': 3}
    """
    if isinstance(value, dict):
        return {key: without_places(one, is_place) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [without_places(one, is_place) for one in value]
    return PureWindowsPath(value).name if isinstance(value, str) and is_place(value) else value
