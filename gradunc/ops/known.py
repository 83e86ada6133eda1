"""Resizing maps of which some pixels are unknown: these take no part, and spread no further than half a pixel."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from gradunc.ops.disparity import resize

LEAST = 0.5
"""Share of its footprint that must be known of a pixel."""
ROUNDING = 1e-4
"""Of the weights, whose places are float32: a half that they miss is a half, also in the mirrored map."""


def resize_known(maps: Tensor, known: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Weighted means over the known pixels, with the weights of `resize`, where these hold half of all weight or more.

    Where all of a footprint is known, the value is that of `resize`, to the last digit.

    Args:
        maps: (B,C,h,w); anything where unknown.
        known: (B,C,h,w) bool, True = known.
        size: height and width.

    Returns:
        (B,C,*size), 0 where unknown, and where it is known.

    >>> maps, known = torch.tensor([[[[1.0, 3.0, torch.nan]]]]), torch.tensor([[[[True, True, False]]]])
    >>> [one.flatten().tolist() for one in resize_known(maps, known, (1, 6))]
    [[1.0, 1.5, 2.5, 3.0, 0.0, 0.0], [True, True, True, True, False, False]]
    """
    values, share = resize(torch.where(known, maps, 0.0), size), known_share(known, size)
    found = share >= LEAST - ROUNDING
    means = torch.where(share < 1, (values / share).to(values.dtype), values)
    return torch.where(found, means, 0.0), found


def known_share(known: Tensor, size: tuple[int, int]) -> Tensor:
    """Share of the weight of `resize` that is known, (B,C,h,w) bool -> (B,C,*size) float32; exactly 1 where all is."""
    return 1 - resize((~known).float(), size)


def resize_finite(
    depth: Tensor, size: tuple[int, int], resize_depth: Callable[[Tensor, tuple[int, int]], Tensor]
) -> Tensor:
    """Depth resized by a network's own rule, which averages in a quantity that only the network knows.

    An unknown pixel gets a depth of its known neighbours, their median, which needs no quantity. Where less than half
    of a footprint is known, the result is NaN.

    Args:
        depth: (B,1,h,w) in the network's output space; not finite = unknown.
        size: height and width.
        resize_depth: of the network, (B,1,h,w), size -> (B,1,*size).
    """
    known = depth.isfinite()
    if bool(known.all()):
        return resize_depth(depth, size)
    filled = torch.where(known, depth, _neighbours(torch.where(known, depth, torch.nan)))
    return torch.where(known_share(known, size) >= LEAST - ROUNDING, resize_depth(filled, size), torch.nan)


def _neighbours(depth: Tensor) -> Tensor:
    """(B,1,h,w), NaN = unknown -> the median of the 3x3 around each pixel; of the image, where none of it is known."""
    rows = F.unfold(F.pad(depth.float(), (1, 1, 1, 1), value=torch.nan), 3)
    local = rows.nanmedian(1).values.unflatten(1, depth.shape[1:])
    whole = depth.float().flatten(1).nanmedian(1).values[:, None, None, None]
    return torch.where(local.isnan(), whole, local).to(depth.dtype)
