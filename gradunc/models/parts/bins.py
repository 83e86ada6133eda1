"""Depth as an expectation over intervals whose widths are predicted for each image (Bhat et al., CVPR 2021)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from gradunc.models.parts.blocks import Logits
from gradunc.types import BIN_CENTRES


class BinCentres(nn.Module):
    """The mean of a coarse map -> middles of intervals that cover the range of depth.

    Args:
        channels: of the map.
        bins: number of intervals.
        range_of_depth: least and greatest depth [m].
    """

    def __init__(self, channels: int, bins: int, range_of_depth: tuple[float, float]) -> None:
        super().__init__()
        self.low, self.high = range_of_depth
        self.fc1 = nn.Linear(channels, 4 * channels)
        self.activation = nn.GELU()
        self.fc2 = nn.Linear(4 * channels, bins)

    def forward(self, x: Tensor) -> Tensor:
        """(B,C,h,w) -> (B,K,1,1), rising [m]."""
        return middles(self.fc2(self.activation(self.fc1(x.mean((2, 3))))).softmax(1), self.low, self.high)


def middles(shares: Tensor, low: float, high: float) -> Tensor:
    """Shares (B,K) of a range from `low` to `high` [m], in rising order -> middles of its parts (B,K,1,1) [m]."""
    edges = low + (high - low) * shares.cumsum(1)
    lower = torch.cat([torch.full_like(edges[:, :1], low), edges[:, :-1]], 1)
    return ((lower + edges) / 2)[:, :, None, None]


def binned(logits: Tensor, centres: Tensor, uncertainty: Sequence[Tensor]) -> Logits:
    """What a decoder with bins returns: depth at one scale, and the centres as `extras[BIN_CENTRES]`.

    Args:
        logits: (B,K,h,w) of the bins.
        centres: (B,K,1,1) rising [m].
        uncertainty: of the uncertainty head, (B,C,H,W), if there is one.
    """
    return Logits((expectation(logits, centres),), tuple(uncertainty), {BIN_CENTRES: centres})


def expectation(logits: Tensor, centres: Tensor) -> Tensor:
    """Depth (B,1,h,w) [m] of logits (B,K,h,w) of the bins and their centres (B,K,1,1) [m]."""
    return (logits.softmax(1) * centres).sum(1, keepdim=True)
