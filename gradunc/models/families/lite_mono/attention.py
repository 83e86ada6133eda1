"""Attention among channels, and where a token lies, as Lite-Mono has them (Zhang et al., CVPR 2023)."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

HEADS = 8
WAVES = 32
"""Waves of the code of a place, for each axis."""


class CrossCovarianceAttention(nn.Module):
    """XCA (El-Nouby et al., NeurIPS 2021): channels look at channels, at a cost linear in the number of tokens.

    For each head with queries, keys and values Q, K, V of shape (d,N), whose rows q and k are divided by their length:
    softmax(t Q K^T) V, where t is learned and the softmax is taken over the d rows of K.

    Args:
        channels: of a token; a multiple of `HEADS`.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.temperature = nn.Parameter(torch.ones(HEADS, 1, 1))
        self.qkv = nn.Linear(channels, 3 * channels)
        self.proj = nn.Linear(channels, channels)

    def forward(self, tokens: Tensor) -> Tensor:
        """(B,N,C) -> (B,N,C)."""
        batch, count, channels = tokens.shape
        parts = self.qkv(tokens).reshape(batch, count, 3, HEADS, channels // HEADS)
        query, key, value = parts.permute(2, 0, 3, 4, 1)  # each (B,heads,d,N)
        query, key = F.normalize(query, dim=-1), F.normalize(key, dim=-1)
        weights = (self.temperature * (query @ key.transpose(-2, -1))).softmax(-1)
        mixed = (weights @ value).permute(0, 3, 1, 2).reshape(batch, count, channels)
        return self.proj(mixed)


class PlaceCode(nn.Module):
    """Sine and cosine of the row and the column, mixed by a 1x1 convolution (Vaswani et al. 2017, in two dimensions).

    A place is counted from 1 and divided by the number of rows or columns, times 2 pi; wave k has that angle divided by
    10000^(2 floor(k/2) / 32). Even waves are sines, odd ones cosines; rows come first.

    Args:
        channels: of the map that the code is added to.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.token_projection = nn.Conv2d(2 * WAVES, channels, 1)

    def forward(self, height: int, width: int) -> Tensor:
        """Size of a map -> (1,C,height,width)."""
        weight = self.token_projection.weight
        rows = _waves(height, weight)[:, :, None].expand(-1, -1, width)
        columns = _waves(width, weight)[:, None, :].expand(-1, height, -1)
        return self.token_projection(torch.cat([rows, columns])[None])


def _waves(count: int, like: Tensor) -> Tensor:
    """(WAVES,count) of one axis."""
    place = torch.arange(1, count + 1, device=like.device, dtype=like.dtype)
    angle = 2 * math.pi * place / (count + 1e-6)
    wave = torch.arange(WAVES, device=like.device, dtype=like.dtype)
    angles = angle / 10000 ** (2 * (wave // 2) / WAVES)[:, None]
    return torch.where(wave[:, None] % 2 == 0, angles.sin(), angles.cos())
