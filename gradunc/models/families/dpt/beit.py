"""A BEiT of timm as an encoder: where a patch lies is told by attention, relative to the patch that looks."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.models.parts.pretrained import Pretrained
from gradunc.models.parts.quick_timm import timm
from gradunc.models.parts.vision_transformer import VisionTransformerEncoder
from gradunc.types import Size

OF_CLASS = 3
"""Last rows of a table: from the class token to patches, from patches to it, and from it to itself."""


class BEiTEncoder(VisionTransformerEncoder):
    """Maps of four blocks (B,2C,H/16,W/16), which carry the class token behind their own channels.

    Every block adds a bias to its attention, from a table with a row for each offset between two patches. At another
    grid than that of the training the tables are interpolated bilinearly at every call, as MiDaS 3.1 does it.

    Args:
        name: timm model name of a BEiT.
        pretrained: where the first weights come from.
        taps: indices of the blocks.

    Raises:
        InputError: as `VisionTransformerEncoder`.
    """

    KIND: ClassVar[tuple[str, str]] = ("BEiT with a table of relative positions in every block", "beit*")

    def __init__(self, name: str, pretrained: Pretrained, taps: Sequence[int]) -> None:
        super().__init__(name, pretrained, taps, norm=False, readout=True, multiple=32)
        self.window: Size = tuple(self.backbone.patch_embed.grid_size)
        self.tables = nn.ParameterList()
        for block in self.backbone.blocks:
            self.tables.append(block.attn.relative_position_bias_table)
            # Without a table of its own, of one size, timm's attention adds the bias that it is given.
            block.attn.relative_position_bias_table = block.attn.relative_position_index = None
        self.backbone.fc_norm = nn.Identity()

    @staticmethod
    def suits(backbone: Any) -> bool:
        """Whether a model of timm has the parts of such a transformer."""
        attention = [getattr(block, "attn", None) for block in getattr(backbone, "blocks", ())]
        tables = [getattr(one, "relative_position_bias_table", None) for one in attention]
        return bool(tables) and all(one is not None for one in tables)

    def states(self, tokens: Tensor, grid: Size) -> Iterator[Tensor]:
        """Class token and embedded patches (B,1+h*w,C) of a grid (h,w) -> tokens (B,1+h*w,C) behind every block."""
        rows = rows_of(grid, tokens.device)
        for block, table in zip(self.backbone.blocks, self.tables, strict=True):
            tokens = block(tokens, shared_rel_pos_bias=resized(table, self.window, grid)[rows].permute(2, 0, 1)[None])
            yield tokens


def is_beit(name: str) -> bool:
    """Whether timm has a BEiT of that name."""
    return timm.models.is_model_in_modules(name, ["beit"])


def resized(table: Tensor, window: Size, grid: Size) -> Tensor:
    """The table ((2h-1)(2w-1)+3, heads) of a grid (h,w) for another grid, bilinear."""
    if grid == window:
        return table
    offsets = table[:-OF_CLASS].T.unflatten(1, (2 * window[0] - 1, 2 * window[1] - 1))
    offsets = F.interpolate(offsets[None], (2 * grid[0] - 1, 2 * grid[1] - 1), mode="bilinear")
    return torch.cat([offsets[0].flatten(1).T, table[-OF_CLASS:]])


def rows_of(grid: Size, device: torch.device | None = None) -> Tensor:
    """Row of the table for every pair of tokens that looks and is seen, (1+h*w, 1+h*w).

    >>> rows_of((1, 2)).tolist()
    [[5, 3, 3], [4, 1, 0], [4, 2, 1]]
    """
    height, width = grid
    y, x = (torch.arange(side, device=device) for side in grid)
    down = (y[:, None] - y + height - 1)[:, None, :, None]
    right = (x[:, None] - x + width - 1)[None, :, None, :]
    patches = (down * (2 * width - 1) + right).reshape(height * width, height * width)
    first = (2 * height - 1) * (2 * width - 1)
    rows = F.pad(patches, (1, 0, 0, 0), value=first + 1)
    rows = F.pad(rows, (0, 0, 1, 0), value=first)
    rows[0, 0] = first + 2
    return rows
