"""The decoder of NeWCRFs, written from its description (Yuan et al., CVPR 2022)."""

from collections.abc import Sequence

from torch import Tensor, nn

from gradunc.models.families.newcrfs.crf import CRFStage
from gradunc.models.parts.blocks import Logits
from gradunc.models.parts.pyramid_pooling import PyramidPooling
from gradunc.ops.disparity import resize

STRIDE = 4
"""Pixels of the image along a cell of the logits."""


class NeWCRFsDecoder(nn.Module):
    """Four maps -> logits at a quarter of the image's size, which `UpsampledHead` brings to all of it.

    `pooling` gives the first message; `crfs.3` (deepest) to `crfs.0` refine it, each followed by a pixel shuffle to
    twice the resolution but the last; `heads.0` is the last convolution.

    Args:
        encoder_channels: of the maps at 1/4, 1/8, 1/16 and 1/32.
        features: width at 1/4, doubled at each coarser stage; even.
        heads: of the attention at 1/4, doubled in the same way.
        uncertainty_channels: outputs of a second last convolution; 0 = there is none.
    """

    def __init__(
        self, encoder_channels: Sequence[int], features: int, heads: int, uncertainty_channels: int = 0
    ) -> None:
        super().__init__()
        widths = [features * 2**level for level in range(len(encoder_channels))]
        self.pooling = PyramidPooling(encoder_channels[-1], widths[-1] // 2)
        self.crfs = nn.ModuleList(
            # A pixel shuffle leaves a quarter of the coarser stage's channels: half of this one's.
            CRFStage(given, width // 2, width, heads * 2**level)
            for level, (given, width) in enumerate(zip(encoder_channels, widths, strict=True))
        )
        self.shuffle = nn.PixelShuffle(2)
        self.heads = nn.ModuleList([nn.Conv2d(features, 1, 3, padding=1)])
        own = [nn.Conv2d(features, uncertainty_channels, 3, padding=1)] if uncertainty_channels else []
        self.uncertainty_heads = nn.ModuleList(own)

    def forward(self, features: Sequence[Tensor], scales: int = 1) -> Logits:
        """Maps (B,C,h,w), finest first -> logits (B,1,h,w), uncertainty (B,U,4h,4w), h and w of the finest map.

        There is one scale, whatever is asked for.
        """
        x = self.pooling(features[-1])
        for level in reversed(range(len(features))):
            x = self.crfs[level](features[level], x)
            x = self.shuffle(x) if level else x
        size = (STRIDE * x.shape[-2], STRIDE * x.shape[-1])
        return Logits((self.heads[0](x),), tuple(resize(head(x), size) for head in self.uncertainty_heads))
