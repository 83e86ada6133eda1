"""What `encoder.pth` files of Monodepth2 and of programs derived from it say beside their weights."""

from collections.abc import Mapping
from reprlib import repr as short
from typing import Any

from torch import Tensor

from gradunc.errors import InputError

EXTRAS = ("height", "width", "use_stereo")
"""Keys that are no weights."""
COUNTS = ("total_ops", "total_params")
"""Last parts of keys under which a program that counts operations (thop) leaves its numbers in every module."""


def as_published(encoder: Mapping[str, Any], head: str) -> dict[str, Any]:
    """Settings that every such network shares: size (192x640 if it is not said), head, normalisation.

    Raises:
        InputError: a height or width that is no number of pixels.
    """
    return {
        "size": [_pixels(encoder, "height", 192), _pixels(encoder, "width", 640)],
        "head": head,
        "ambiguity": "metric" if head == "depth" else "scale",
        "mean": [0.45] * 3,
        "std": [0.225] * 3,
    }


def _pixels(encoder: Mapping[str, Any], key: str, default: int) -> int:
    """A side of the training images; a number, or a tensor of one."""
    value = encoder.get(key, default)
    if isinstance(value, Tensor) and value.numel() == 1 and not (value.is_meta or value.is_complex()):
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        raise InputError(f"encoder.pth says {key}={short(value)}, which is no number of pixels")
    return int(value)


def tensors(encoder: Mapping[str, Any]) -> dict[str, Tensor]:
    """The weights alone."""
    return {key: value for key, value in encoder.items() if isinstance(value, Tensor) and not _is_extra(key)}


def _is_extra(key: str) -> bool:
    return key in EXTRAS or key.rpartition(".")[2] in COUNTS


def matrix_shape(weights: Mapping[str, Tensor], key: str, title: str) -> tuple[int, ...]:
    """The shape of a weight with two axes or more; `InputError` if it is missing, which a network named `title` has."""
    found = weights.get(key)
    if found is None or found.ndim < 2:
        raise InputError(f"'{key}' is missing, which {title} has")
    return tuple(found.shape)
