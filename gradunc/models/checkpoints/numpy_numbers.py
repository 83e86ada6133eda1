"""What is numpy's in weight files: `height=numpy.int64(192)` is stored as a call, which `weights_only` refuses."""

import struct
from collections.abc import Callable
from typing import Any

CODES = dict(zip(["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "b1"], "bhiqBHIQefd?", strict=True))
"""Type of a numpy number -> the same for `struct`."""


class _Kind:
    """Stands for `numpy.dtype` while a file is read: which number it is, and nothing else of numpy."""

    def __init__(self, code: str, *_: object) -> None:
        if code not in CODES:
            raise ValueError(f"numpy type {code!r} is no number")
        self.code, self.order = CODES[code], "<"

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.order = ">" if state[1] == ">" else "<"


def _number(kind: _Kind, content: bytes | str) -> int | float | bool:
    """Stands for `numpy.core.multiarray.scalar`: the plain number of its bytes."""
    data = content.encode("latin-1") if isinstance(content, str) else content
    return struct.unpack(kind.order + kind.code, data)[0]


class NumpyArray:
    """Stands for `numpy.ndarray`: an array beside the weights, such as counts of a training program, stays unread."""

    def __setstate__(self, state: object) -> None:
        """Its numbers are left alone."""


def _array(kind: type[NumpyArray], *_: object) -> NumpyArray:
    """Stands for `numpy.core.multiarray._reconstruct`, which makes an array without content."""
    return kind()


STAND_INS: list[Callable[..., Any] | tuple[Callable[..., Any], str]] = [
    (_number, "numpy._core.multiarray.scalar"),
    (_number, "numpy.core.multiarray.scalar"),  # as numpy 1 wrote it
    (_array, "numpy._core.multiarray._reconstruct"),
    (_array, "numpy.core.multiarray._reconstruct"),
    (_Kind, "numpy.dtype"),
    (NumpyArray, "numpy.ndarray"),
]
"""For `torch.serialization.safe_globals`: code of ours in the place of numpy's, so that no file calls numpy."""
