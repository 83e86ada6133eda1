"""Warnings that point at the line of the user's own code that they are about."""

import sys
import warnings

_OURS = ("gradunc.", "torch.", "lightning.", "pytorch_lightning.", "contextlib")
"""Modules that the user's code calls and does not write."""


def advise(text: str) -> None:
    """Warn of something that changes a result; Python says it once for a line of the caller's.

    Args:
        text: what is done instead, why, and how to choose it.
    """
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and str(frame.f_globals.get("__name__", "")).startswith(_OURS):
        level, frame = level + 1, frame.f_back
    warnings.warn(text, stacklevel=level)
