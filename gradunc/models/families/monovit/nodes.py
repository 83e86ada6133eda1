"""Nodes of MonoViT's decoder whose channels are weighted by what they hold."""

import torch
from torch import Tensor, nn

REDUCTION = 16


class ChannelAttention(nn.Module):
    """Channels times weights in (0,1), which two linear layers make of their means (Hu et al., CVPR 2018).

    Args:
        channels: of the map.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        narrow = max(channels // REDUCTION, 1)
        self.fc = nn.Sequential(
            nn.Linear(channels, narrow, bias=False), nn.ReLU(), nn.Linear(narrow, channels, bias=False)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B,C,h,w) -> (B,C,h,w)."""
        return x * torch.sigmoid(self.fc(x.mean((2, 3))))[:, :, None, None]


class AttentionNode(nn.Module):
    """Channel attention, then a convolution that keeps the size, then ReLU.

    Args:
        in_channels: of the map, or of the maps that were laid beside one another.
        out_channels: of the result.
        size: of the convolution's window: 3 where a map of the encoder enters, 1 where maps are joined.
    """

    def __init__(self, in_channels: int, out_channels: int, size: int) -> None:
        super().__init__()
        self.ca = ChannelAttention(in_channels)
        self.conv_se = nn.Conv2d(in_channels, out_channels, size, padding=size // 2)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """(B,C,h,w) -> (B,C',h,w)."""
        return self.relu(self.conv_se(self.ca(x)))
