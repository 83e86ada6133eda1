"""Factorised attention with convolutions that say where a token lies (CoaT, Xu et al., ICCV 2021)."""

import torch
from torch import Tensor, nn

from gradunc.models.families.monovit.settings import HEADS

WINDOWS = ((3, 2), (5, 3), (7, 3))
"""Sizes of the windows of the relative position encoding, and how many heads have each."""


class PlaceByConvolution(nn.Module):
    """`cpe`: what a depthwise 3x3 convolution makes of a map is added to it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)

    def forward(self, x: Tensor) -> Tensor:
        """(B,C,h,w) -> (B,C,h,w)."""
        return x + self.proj(x)


class RelativePlace(nn.Module):
    """`crpe`: depthwise convolutions of the values, with windows of 3, 5 and 7 places for 2, 3 and 3 of the heads.

    Args:
        channels: of the map, a multiple of the number of heads.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        widths = [(window, heads * channels // HEADS) for window, heads in WINDOWS]
        self.conv_list = nn.ModuleList(
            nn.Conv2d(width, width, window, padding=window // 2, groups=width) for window, width in widths
        )
        self.widths = [width for _, width in widths]

    def forward(self, values: Tensor) -> Tensor:
        """(B,C,h,w), heads one after another -> (B,C,h,w)."""
        parts = values.split(self.widths, 1)
        return torch.cat([conv(part) for conv, part in zip(self.conv_list, parts, strict=True)], 1)


class FactorisedAttention(nn.Module):
    """Attention whose cost is linear in the number of tokens.

    For each head with queries, keys and values Q, K, V of shape (N,d): Q (softmax(K)^T V) / sqrt(d) + Q * E, where the
    softmax is taken over the N tokens and E are the values behind the relative position encoding.

    Args:
        channels: of a token, a multiple of the number of heads.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.qkv = nn.Linear(channels, 3 * channels)
        self.proj = nn.Linear(channels, channels)

    def forward(self, tokens: Tensor, size: tuple[int, int], place: RelativePlace) -> Tensor:
        """Attend.

        Args:
            tokens: (B,N,C), row by row.
            size: height and width of their map.
            place: relative position encoding, which the blocks of a path share.

        Returns:
            (B,N,C).
        """
        batch, count, channels = tokens.shape
        parts = self.qkv(tokens).reshape(batch, count, 3, HEADS, channels // HEADS)
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # each (B,heads,N,d)
        summary = key.softmax(2).transpose(-2, -1) @ value
        encoded = place(value.transpose(-2, -1).reshape(batch, channels, *size))
        encoded = encoded.reshape(batch, HEADS, channels // HEADS, count).transpose(-2, -1)
        mixed = query @ summary * (channels // HEADS) ** -0.5 + query * encoded
        return self.proj(mixed.transpose(1, 2).reshape(batch, count, channels))
