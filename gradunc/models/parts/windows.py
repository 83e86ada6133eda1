"""Attention within windows of a map, as Swin transformers have it (Liu et al., ICCV 2021)."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.types import Size

WINDOW = 7
"""Side of the windows of published decoders [cells]."""
APART = -100.0
"""Added to the affinity of cells that lie beside one another only because the map was rolled."""


@dataclass(frozen=True)
class WindowGrid:
    """How a map is cut into square windows: padded with zeros at the right and bottom, then rolled.

    Padding comes BEFORE the roll, as in the original Swin transformer and in the programs derived from it; timm (1.0)
    rolls first, which differs wherever windows do not divide the map.
    """

    size: Size
    """Height and width of the map [cells]."""
    side: int
    """Of a window [cells]."""
    shift: int = 0
    """By which the map is rolled to the upper left [cells]."""

    @property
    def counts(self) -> Size:
        """Rows and columns of windows."""
        return math.ceil(self.size[0] / self.side), math.ceil(self.size[1] / self.side)

    def split(self, x: Tensor) -> Tensor:
        """A map (B,h,w,C) -> windows (B*n,side*side,C), n of each image."""
        (rows, columns), side = self.counts, self.side
        x = F.pad(x, (0, 0, 0, columns * side - self.size[1], 0, rows * side - self.size[0]))
        if self.shift:
            x = x.roll((-self.shift, -self.shift), (1, 2))
        x = x.unflatten(2, (columns, side)).unflatten(1, (rows, side)).transpose(2, 3)
        return x.flatten(3, 4).flatten(0, 2)

    def join(self, windows: Tensor) -> Tensor:
        """The inverse of `split`: (B*n,side*side,C) -> (B,h,w,C)."""
        x = windows.unflatten(1, (self.side, self.side)).unflatten(0, (-1, *self.counts)).transpose(2, 3)
        x = x.flatten(3, 4).flatten(1, 2)
        if self.shift:
            x = x.roll((self.shift, self.shift), (1, 2))
        return x[:, : self.size[0], : self.size[1]]

    def mask(self, like: Tensor) -> Tensor | None:
        """(n,side*side,side*side): 0, or `APART` between cells that no window holds unless it is rolled.

        Args:
            like: a tensor of the wanted device and type.
        """
        if not self.shift:
            return None
        rows, columns = (self._parts(count, like.device) for count in self.counts)
        parts = (3 * rows[:, :, None, None] + columns).transpose(1, 2).flatten(2).flatten(0, 1)
        return APART * (parts[:, :, None] != parts[:, None]).to(like.dtype)

    def _parts(self, count: int, device: torch.device) -> Tensor:
        """(count,side): which of three parts every cell along one axis of the rolled map belongs to."""
        cells = torch.arange(count * self.side, device=device)
        last = (cells >= len(cells) - self.side).int() + (cells >= len(cells) - self.shift).int()
        return last.unflatten(0, (count, self.side))


class RelativeBias(nn.Module):
    """A learned number per attention head for every offset of two cells of a window.

    Args:
        side: of the windows [cells].
        heads: of the attention.
    """

    index: Tensor
    """(side*side,side*side): where in the table the offset of two cells stands."""

    def __init__(self, side: int, heads: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.empty((2 * side - 1) ** 2, heads))
        nn.init.trunc_normal_(self.table, std=0.02)
        cells = torch.stack(torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")).flatten(1)
        offsets = cells[:, :, None] - cells[:, None] + side - 1
        self.register_buffer("index", offsets[0] * (2 * side - 1) + offsets[1], persistent=False)

    def forward(self) -> Tensor:
        """(heads,side*side,side*side): of a query (second axis) and a key (third)."""
        return self.table[self.index].permute(2, 0, 1)


def attend(query: Tensor, key: Tensor, value: Tensor, bias: Tensor, mask: Tensor | None) -> Tensor:
    """Attention with several heads within windows.

    Args:
        query: (B*n,N,C), n windows of N cells of each image.
        key: the same.
        value: the same.
        bias: (heads,N,N), added to the affinities.
        mask: (n,N,N), added, too.

    Returns:
        (B*n,N,C).
    """
    heads = len(bias)
    query, key, value = (x.unflatten(-1, (heads, -1)).transpose(1, 2) for x in (query, key, value))
    if mask is None:
        mixed = F.scaled_dot_product_attention(query, key, value, bias[None])
    else:
        query, key, value = (x.unflatten(0, (-1, len(mask))) for x in (query, key, value))
        mixed = F.scaled_dot_product_attention(query, key, value, (bias + mask[:, None])[None]).flatten(0, 1)
    return mixed.transpose(1, 2).flatten(2)
