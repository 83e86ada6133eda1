"""What `encoder.pth` files of Monodepth2 and of programs derived from it say beside their weights."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

EXTRAS = ("height", "width", "use_stereo")
"""Keys that are no weights."""


def as_published(encoder: Mapping[str, Any], head: str) -> dict[str, Any]:
    """Settings that every such network shares: size (192x640 if it is not said), head, normalisation."""
    return {
        "size": [int(encoder.get("height", 192)), int(encoder.get("width", 640))],
        "head": head,
        "ambiguity": "metric" if head == "depth" else "scale",
        "mean": [0.45] * 3,
        "std": [0.225] * 3,
    }


def tensors(encoder: Mapping[str, Any]) -> dict[str, Tensor]:
    """The weights alone."""
    return {key: value for key, value in encoder.items() if isinstance(value, Tensor) and key not in EXTRAS}
