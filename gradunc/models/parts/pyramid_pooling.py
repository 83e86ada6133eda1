"""Pooling of a map to several coarse grids (Zhao et al., CVPR 2017), as depth networks start their decoders with it."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.ops.disparity import resize

GRIDS = (1, 2, 3, 6)
"""Sides of the grids [cells]."""


class PyramidPooling(nn.Module):
    """Means over grids of 1, 2, 3 and 6 cells, each through a 1x1 convolution, joined with the map by a 3x3 one.

    Args:
        in_channels: of the map.
        channels: of the result and of each pooled map; even.
    """

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        # Two channels a group (256 groups of 512 in the published networks): a single cell has no other statistics.
        groups = channels // 2
        self.levels = nn.ModuleList(Normalised(in_channels, channels, 1, nn.GroupNorm(groups, channels)) for _ in GRIDS)
        joined = in_channels + len(GRIDS) * channels
        self.join = Normalised(joined, channels, 3, nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        """(B,C,h,w) -> (B,C',h,w)."""
        size = (x.shape[-2], x.shape[-1])
        pooled = [level(F.adaptive_avg_pool2d(x, side)) for level, side in zip(self.levels, GRIDS, strict=True)]
        return self.join(torch.cat([x, *(resize(one, size) for one in pooled)], 1))


class Normalised(nn.Module):
    """Convolution without bias, normalisation, ReLU."""

    def __init__(self, in_channels: int, channels: int, kernel: int, norm: nn.Module) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, channels, kernel, padding=kernel // 2, bias=False)
        self.norm = norm
        self.activation = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """(B,C,h,w) -> (B,C',h,w)."""
        return self.activation(self.norm(self.conv(x)))
