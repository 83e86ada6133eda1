"""Encoder and decoder of RT-MonoDepth-S (Feng et al. 2023), written from its structure (shared data README)."""

from collections.abc import Iterator
from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.models.parts.blocks import ConvBlock, Logits


class RTMonoDepthEncoder(nn.Module):
    """Four strided convolutions; only the deepest map, (B,192,H/16,W/16), is used."""

    mean, std = (0.45, 0.45, 0.45), (0.225, 0.225, 0.225)
    multiple = 16

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.convs = nn.ModuleList(_stage(a, b) for a, b in ((64, 64), (64, 128), (128, 192)))

    def forward(self, image: Tensor) -> list[Tensor | None]:
        """Normalised image (B,3,H,W) -> [(B,192,H/16,W/16)]."""
        x = F.relu(self.conv1(image))
        for stage in self.convs:
            x = stage(x)
        return [x]


def _stage(in_channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, stride=2, padding=1),
        nn.LeakyReLU(0.1),
        nn.Conv2d(out_channels, out_channels, 3, padding=1),
        nn.LeakyReLU(0.1),
    )


class RTMonoDepthDecoder(nn.Module):
    """Eight blocks, no skip connections, heads at 1/1, 1/2 and 1/4 (`heads.0` is the finest).

    Args:
        dropout: of channels behind every block.
    """

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        widths = (192, 96, 64, 32, 16)
        blocks: list[nn.Module] = []
        for wide, narrow in pairwise(widths):
            blocks += [ConvBlock(wide, narrow, dropout), ConvBlock(narrow, narrow, dropout)]
        self.blocks = nn.ModuleList(blocks)
        self.heads = nn.ModuleList(nn.Conv2d(channels, 1, 3, padding=1) for channels in (16, 32, 64))

    def forward(self, features: list[Tensor | None], scales: int = 1) -> Logits:
        """[(B,192,H/16,W/16)] -> logits of the `scales` finest of three scales."""
        count = min(scales, len(self.heads))
        found = [self.logits(x, level) for level, x in self.levels(features) if level < count][::-1]
        return Logits(tuple(x for one in found for x in one.output))

    def levels(self, features: list[Tensor | None]) -> Iterator[tuple[int, Tensor]]:
        """[(B,192,H/16,W/16)] -> level i and the map at stride 2^i, i = 3 ... 0, each when it is asked for."""
        x = features[-1]
        assert x is not None, "the encoder always returns its deepest map"
        for level in range(3, -1, -1):
            x = self.blocks[2 * (3 - level)](x)
            x = F.interpolate(x, scale_factor=2.0, mode="nearest")
            x = self.blocks[2 * (3 - level) + 1](x)
            yield level, x

    def logits(self, x: Tensor, level: int) -> Logits:
        """The map of a level, below 3 -> its logits."""
        return Logits((self.heads[level](x),))
