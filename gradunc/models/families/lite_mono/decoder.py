"""The decoder of Lite-Mono (Zhang et al., CVPR 2023), written from its structure."""

from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.models.parts.blocks import ConvBlock, Logits, conv3x3

SCALES = 3


class LiteMonoDecoder(nn.Module):
    """Six blocks with bilinear upsampling; each head works at half its resolution, and its LOGITS are upsampled.

    Block 2 (2 - i) works at stride 2^(i+2) and block 2 (2 - i) + 1 at stride 2^(i+1), for i = 2, 1, 0, where head i
    stands.

    Args:
        encoder_channels: at strides 4, 8 and 16; a level of the decoder has half as many.
        uncertainty_channels: outputs of a second convolution per scale; 0 = there is none.
        dropout: of channels behind every block.
    """

    def __init__(self, encoder_channels: Sequence[int], uncertainty_channels: int = 0, dropout: float = 0.0) -> None:
        super().__init__()
        channels = [width // 2 for width in encoder_channels]
        blocks: list[nn.Module] = []
        width = encoder_channels[-1]
        for level in range(SCALES - 1, -1, -1):
            skip = encoder_channels[level - 1] if level else 0
            blocks.append(ConvBlock(width, channels[level], dropout))
            blocks.append(ConvBlock(channels[level] + skip, channels[level], dropout))
            width = channels[level]
        self.blocks = nn.ModuleList(blocks)
        self.heads = nn.ModuleList(conv3x3(width, 1) for width in channels)
        self.uncertainty_heads = nn.ModuleList(
            conv3x3(width, uncertainty_channels) for width in (channels if uncertainty_channels else ())
        )

    def forward(self, features: Sequence[Tensor | None], scales: int = 1) -> Logits:
        """Maps at strides 4, 8, 16 -> logits of the `scales` finest of three scales, finest first."""
        found = [self.logits(x, level) for level, x in self.levels(features) if level < scales][::-1]
        return Logits(tuple(x for one in found for x in one.output), tuple(x for one in found for x in one.uncertainty))

    def levels(self, features: Sequence[Tensor | None]) -> Iterator[tuple[int, Tensor]]:
        """Maps at strides 4, 8, 16 -> level i and the map of its head at stride 2^(i+1), i = 2, 1, 0; lazily."""
        x = features[-1]
        assert x is not None, "the encoder returns all its maps"
        for level in range(SCALES - 1, -1, -1):
            x = _twice(self.blocks[2 * (SCALES - 1 - level)](x))
            skip = features[level - 1] if level else None
            x = x if skip is None else torch.cat([x, skip], 1)
            x = self.blocks[2 * (SCALES - 1 - level) + 1](x)
            yield level, x

    def logits(self, x: Tensor, level: int) -> Logits:
        """The map of a level -> its logits at stride 2^level."""
        uncertainty = (_twice(self.uncertainty_heads[level](x)),) if self.uncertainty_heads else ()
        return Logits((_twice(self.heads[level](x)),), uncertainty)


def _twice(x: Tensor) -> Tensor:
    """Twice as large, bilinear with half-pixel centres."""
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
