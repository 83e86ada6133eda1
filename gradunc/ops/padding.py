"""Padding an image to the size that a network can take, and counting the cells that hold image."""

import math

import torch.nn.functional as F
from torch import Tensor


def padded_size(height: int, width: int, multiple: int) -> tuple[int, int]:
    """The next height and width that are multiples.

    >>> padded_size(375, 1242, 32)
    (384, 1248)
    """
    return math.ceil(height / multiple) * multiple, math.ceil(width / multiple) * multiple


def pad_to_multiple(image: Tensor, multiple: int) -> Tensor:
    """Repeat the last row and column until both sides are multiples: (B,C,H,W) -> (B,C,H',W')."""
    height, width = image.shape[-2:]
    full_height, full_width = padded_size(height, width, multiple)
    if (full_height, full_width) == (height, width):
        return image
    return F.pad(image, (0, full_width - width, 0, full_height - height), mode="replicate")


def crop(maps: Tensor, height: int, width: int) -> Tensor:
    """The upper left (height, width) of (...,H,W): the inverse of `pad_to_multiple`."""
    return maps[..., :height, :width]


def cells(length: int, padded_length: int, cell_count: int) -> int:
    """How many of the cells of a coarse map along one side hold at least one pixel of the image.

    >>> cells(375, 384, 12)
    12
    >>> cells(300, 384, 12)
    10
    """
    return math.ceil(length * cell_count / padded_length)
