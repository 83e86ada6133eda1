"""Sigmoid disparity and depth, and resizing in the quantity that may be averaged."""

import torch.nn.functional as F
from torch import Tensor


def depth_from_sigmoid(sigmoid: Tensor, min_depth: float = 0.1, max_depth: float = 100.0) -> Tensor:
    """Depth 1/v with v = 1/max + (1/min - 1/max) s (docs/methods.md F.3); any shape, s in (0,1).

    >>> import torch
    >>> depth_from_sigmoid(torch.tensor([0.0, 1.0])).tolist()
    [100.0, 0.10000000149011612]
    """
    low, high = 1 / max_depth, 1 / min_depth
    return 1 / (low + (high - low) * sigmoid)


def resize(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Bilinear resize with half-pixel centres and no antialias, (B,C,h,w) -> (B,C,*size)."""
    if tuple(maps.shape[-2:]) == tuple(size):
        return maps
    return F.interpolate(maps, size, mode="bilinear", align_corners=False)


def resize_corners(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Bilinear resize that keeps the corner pixels (`align_corners`), (B,C,h,w) -> (B,C,*size)."""
    return F.interpolate(maps, size, mode="bilinear", align_corners=True)


def resize_depth(depth: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize positive depth as disparity, then invert: (B,1,h,w) -> (B,1,*size).

    Depth itself must not be averaged across an edge: half of 2 m and half of 80 m is a point in the air.
    """
    if tuple(depth.shape[-2:]) == tuple(size):
        return depth
    return 1 / resize(1 / depth, size)
