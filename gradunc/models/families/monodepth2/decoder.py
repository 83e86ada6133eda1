"""The decoder of Monodepth2 (Godard et al., ICCV 2019), written from its structure."""

from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.models.parts.blocks import ConvBlock, Logits, conv3x3

SCALES = 4


class Monodepth2Decoder(nn.Module):
    """U-Net decoder with nearest upsampling and a head at each of the four finest scales.

    `blocks` holds the ten blocks in the published order (4,0), (4,1), (3,0), ... (0,1): block (i,0) works at stride
    2^(i+1), block (i,1) at stride 2^i on the upsampled map beside the encoder's. `heads.s` is scale s.

    Args:
        encoder_channels: channels at strides 2, 4, ... 32; 0 where the encoder has no map.
        channels: decoder channels, finest first.
        uncertainty_channels: outputs of a second convolution per scale; 0 = there is none.
        dropout: of channels behind every block, the ten places of Poggi et al. (CVPR 2020).
    """

    def __init__(
        self,
        encoder_channels: Sequence[int],
        channels: Sequence[int] = (16, 32, 64, 128, 256),
        uncertainty_channels: int = 0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        blocks: list[nn.Module] = []
        width = encoder_channels[-1]
        for level in range(4, -1, -1):
            skip = encoder_channels[level - 1] if level > 0 else 0
            blocks.append(ConvBlock(width, channels[level], dropout))
            blocks.append(ConvBlock(channels[level] + skip, channels[level], dropout))
            width = channels[level]
        self.blocks = nn.ModuleList(blocks)
        self.heads = nn.ModuleList(conv3x3(channels[scale], 1) for scale in range(SCALES))
        self.uncertainty_heads = nn.ModuleList(
            conv3x3(channels[scale], uncertainty_channels) for scale in range(SCALES if uncertainty_channels else 0)
        )

    def forward(self, features: Sequence[Tensor | None], scales: int = 1) -> Logits:
        """Pyramid at strides 2 ... 32 -> logits of the `scales` finest scales, finest first."""
        found = [self.logits(x, level) for level, x in self.levels(features) if level < scales][::-1]
        return Logits(tuple(x for one in found for x in one.output), tuple(x for one in found for x in one.uncertainty))

    def levels(self, features: Sequence[Tensor | None]) -> Iterator[tuple[int, Tensor]]:
        """Pyramid at strides 2 ... 32 -> level i and the map at stride 2^i, i = 4 ... 0, each when it is asked for."""
        x = features[-1]
        assert x is not None, "the deepest level is never a gap"
        for level in range(4, -1, -1):
            x = self.blocks[2 * (4 - level)](x)
            x = F.interpolate(x, scale_factor=2.0, mode="nearest")
            skip = features[level - 1] if level > 0 else None
            if skip is not None:
                x = torch.cat([x, skip], 1)
            x = self.blocks[2 * (4 - level) + 1](x)
            yield level, x

    def logits(self, x: Tensor, level: int) -> Logits:
        """The map of a level, below 4 -> its logits."""
        uncertainty = (self.uncertainty_heads[level](x),) if self.uncertainty_heads else ()
        return Logits((self.heads[level](x),), uncertainty)
