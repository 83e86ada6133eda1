"""Sizes of images that networks say or users give, read without trust."""

import operator
from typing import Any

from torch import nn

from gradunc.types import Size


def training_size(model: nn.Module) -> Size | None:
    """Height and width [px] that a network was trained on, if it says so in `size`; anything else there is no size."""
    return whole_size(getattr(model, "size", None))


def whole_size(pair: Any) -> Size | None:
    """Two positive whole numbers of any type, NumPy's too, as a size; None for anything else."""
    if not isinstance(pair, tuple | list) or len(pair) != 2 or any(isinstance(one, bool) for one in pair):
        return None
    try:
        height, width = map(operator.index, pair)
    except TypeError:
        return None
    return (height, width) if min(height, width) > 0 else None
