"""The decoder of MonoViT (Zhao et al., 3DV 2022), nested as that of HR-Depth (Lyu et al., AAAI 2021)."""

from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.models.families.monovit.nodes import AttentionNode
from gradunc.models.parts.blocks import ConvBlock, Logits, conv3x3

SCALES = 4
Nodes = dict[tuple[int, int], Tensor]


class MonoViTDecoder(nn.Module):
    """A triangle of nodes (row, column): row r works at stride 2^(r+1), column 0 holds the maps of the encoder.

    Node (r,c) joins the upsampled node (r+1,c-1) and all nodes to its left. The last node of a row, with r + c = 4,
    weighs what it joins (`fusions`); the others convolve it (`blocks`), from column 2 on behind a 1x1 convolution
    (`reductions`). Heads 1, 2 and 3 stand at the last nodes of rows 0, 1 and 2; head 0 behind two more blocks.

    `blocks.RC_0` is the convolution of node (R,C) in front of its upsampling, `blocks.RC_1` the one of what it is
    joined to.

    Args:
        encoder_channels: at strides 2, 4, ... 32.
        channels: at stride 1, then of rows 0 to 4.
        uncertainty_channels: outputs of a second convolution per scale; 0 = there is none.
        dropout: of channels behind every block.
    """

    def __init__(
        self,
        encoder_channels: Sequence[int],
        channels: Sequence[int],
        uncertainty_channels: int = 0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        finest, *rows = channels
        first = [encoder_channels[0], *rows[1:]]
        self.entries = nn.ModuleDict({f"{r}": AttentionNode(encoder_channels[r], rows[r], 3) for r in range(1, 5)})
        self.blocks, self.reductions, self.fusions = nn.ModuleDict(), nn.ModuleDict(), nn.ModuleDict()
        for row, column in _ORDER:
            source = f"{row + 1}{column - 1}"
            self.blocks[f"{source}_0"] = ConvBlock(rows[row + 1], rows[row], dropout)
            joined = rows[row] + first[row] + (column - 1) * rows[row]
            if row + column == 4:
                self.fusions[f"{row}{column}"] = AttentionNode(joined, rows[row], 1)
                continue
            if column > 1:
                self.reductions[f"{row}{column}"] = nn.Conv2d(joined, 2 * rows[row], 1, bias=False)
                joined = 2 * rows[row]
            self.blocks[f"{source}_1"] = ConvBlock(joined, rows[row], dropout)
        self.blocks["04_0"] = ConvBlock(rows[0], finest, dropout)
        self.blocks["04_1"] = ConvBlock(finest, finest, dropout)
        self.heads = nn.ModuleList(conv3x3(width, 1) for width in channels[:SCALES])
        self.uncertainty_heads = nn.ModuleList(
            conv3x3(width, uncertainty_channels) for width in (channels[:SCALES] if uncertainty_channels else ())
        )

    def forward(self, features: Sequence[Tensor | None], scales: int = 1) -> Logits:
        """Pyramid at strides 2 ... 32 -> logits of the `scales` finest scales, finest first."""
        found = [self.logits(x, level) for level, x in self.levels(features) if level < scales][::-1]
        return Logits(tuple(x for one in found for x in one.output), tuple(x for one in found for x in one.uncertainty))

    def levels(self, features: Sequence[Tensor | None]) -> Iterator[tuple[int, Tensor]]:
        """Pyramid at strides 2 ... 32 -> level i and the map at stride 2^i, i = 3 ... 0, each when it is asked for."""
        nodes: Nodes = {}
        for row in range(4, -1, -1):
            x = features[row]
            assert x is not None, "the encoder returns all its maps"
            nodes[row, 0] = self.entries[f"{row}"](x) if row else x
        for row, column in _ORDER:
            nodes[row, column] = self._node(nodes, row, column)
            if row + column == 4 and row < SCALES - 1:
                yield row + 1, nodes[row, column]
        yield 0, self.blocks["04_1"](_twice(self.blocks["04_0"](nodes[0, 4])))

    def logits(self, x: Tensor, level: int) -> Logits:
        """The map of a level -> its logits."""
        uncertainty = (self.uncertainty_heads[level](x),) if self.uncertainty_heads else ()
        return Logits((self.heads[level](x),), uncertainty)

    def _node(self, nodes: Nodes, row: int, column: int) -> Tensor:
        source = f"{row + 1}{column - 1}"
        above = _twice(self.blocks[f"{source}_0"](nodes[row + 1, column - 1]))
        joined = torch.cat([above, *(nodes[row, left] for left in range(column))], 1)
        name = f"{row}{column}"
        if name in self.fusions:
            return self.fusions[name](joined)
        return self.blocks[f"{source}_1"](self.reductions[name](joined) if name in self.reductions else joined)


_ORDER = ((3, 1), (2, 1), (2, 2), (1, 1), (1, 2), (1, 3), (0, 1), (0, 2), (0, 3), (0, 4))
"""Nodes in an order in which no finer one runs before a coarser head."""


def _twice(x: Tensor) -> Tensor:
    """Twice as large, each value repeated."""
    return F.interpolate(x, scale_factor=2.0, mode="nearest")
