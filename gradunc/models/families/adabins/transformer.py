"""The small transformer of AdaBins ("mini-ViT"): patches of a map -> tokens that know the whole image.

Written from its description (Bhat et al., CVPR 2021) and the formulas of docs/networks.md.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.advice import advise
from gradunc.models.families.adabins.settings import HEADS, PLACES
from gradunc.models.parts.tokens import to_tokens
from gradunc.ops.disparity import resize
from gradunc.types import Size

LAYERS = 4
WIDER = 8
"""How many times as wide a layer is inside."""


class PatchTransformer(nn.Module):
    """Square patches and their learned places -> tokens, row by row.

    Args:
        channels: of the map and of a token; a multiple of `HEADS`.
        patch: side of a patch [cells].
        least: tokens that are needed; with fewer patches the map is enlarged first, with more than `PLACES` made
            smaller.
    """

    def __init__(self, channels: int, patch: int, least: int) -> None:
        super().__init__()
        self.patch, self.least = patch, least
        self.embedding = nn.Conv2d(channels, channels, patch, stride=patch)
        self.places = nn.Parameter(torch.rand(PLACES, channels))
        self.layers = nn.ModuleList(TokenLayer(channels) for _ in range(LAYERS))

    def forward(self, x: Tensor) -> Tensor:
        """(B,C,h,w) -> (B,N,C), N at least `least`."""
        tokens = to_tokens(self.embedding(self._fitted(x)))
        tokens = tokens + self.places[: tokens.shape[1]]
        for layer in self.layers:
            tokens = layer(tokens)
        return tokens

    def _fitted(self, x: Tensor) -> Tensor:
        """The map, of a size with as many patches as there are places; said if it is another one."""
        given = (x.shape[-2] // self.patch, x.shape[-1] // self.patch)
        grid = nearest_grid(given, self.least, PLACES)
        if grid == given:
            return x
        side = 2 * self.patch  # the map has half of the image's resolution
        advise(
            f"an image of {2 * x.shape[-2]}x{2 * x.shape[-1]} has {math.prod(given)} patches of {side}x{side} pixels; "
            f"the transformer of AdaBins takes {self.least} to {PLACES}, and sees a resized map, {grid[0]}x{grid[1]} "
            f"patches: H * W from {self.least * side**2} to {PLACES * side**2} needs no resizing"
        )
        return resize(x, (grid[0] * self.patch, grid[1] * self.patch))


def nearest_grid(given: Size, least: int, most: int) -> Size:
    """Rows and columns of about the same shape whose number lies within limits, `most` at least twice `least`.

    >>> nearest_grid((6, 20), 129, 500), nearest_grid((2, 2), 129, 500), nearest_grid((40, 40), 129, 500)
    ((7, 23), (12, 12), (22, 22))
    """
    count = math.prod(given)
    if least <= count <= most:
        return given
    if count < least:
        rows = min(least, math.ceil(given[0] * math.sqrt(least / count)))
        return rows, max(math.ceil(least / rows), min(most // rows, round(rows * given[1] / given[0])))
    rows = min(most, max(1, math.floor(given[0] * math.sqrt(most / count))))
    return rows, max(1, min(most // rows, math.floor(given[1] * math.sqrt(most / count))))


class TokenLayer(nn.Module):
    """Attention, then two layers for each token; each is added to its input and normalised behind that."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.attention = TokenAttention(channels)
        self.norm1, self.norm2 = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.fc1 = nn.Linear(channels, WIDER * channels)
        self.fc2 = nn.Linear(WIDER * channels, channels)

    def forward(self, tokens: Tensor) -> Tensor:
        """(B,N,C) -> (B,N,C)."""
        tokens = self.norm1(tokens + self.attention(tokens))
        return self.norm2(tokens + self.fc2(torch.relu(self.fc1(tokens))))


class TokenAttention(nn.Module):
    """Every token looks at every token, with `HEADS` heads."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.qkv = nn.Linear(channels, 3 * channels)
        self.out = nn.Linear(channels, channels)

    def forward(self, tokens: Tensor) -> Tensor:
        """(B,N,C) -> (B,N,C)."""
        query, key, value = (part.unflatten(-1, (HEADS, -1)).transpose(1, 2) for part in self.qkv(tokens).chunk(3, -1))
        return self.out(F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2))
