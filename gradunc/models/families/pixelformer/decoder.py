"""The decoder of PixelFormer, written from its description (Agarwal and Arora, WACV 2023)."""

from collections.abc import Sequence

from torch import Tensor, nn

from gradunc.models.families.pixelformer.settings import PixelFormerSettings
from gradunc.models.families.pixelformer.skip import SkipStage
from gradunc.models.parts.bins import BinCentres, binned
from gradunc.models.parts.blocks import Logits
from gradunc.models.parts.pyramid_pooling import PyramidPooling
from gradunc.ops.disparity import resize

STRIDE = 4
"""Pixels of the image along a cell of the depth."""


class PixelFormerDecoder(nn.Module):
    """Four maps -> depth at a quarter of the image's size, which `UpsampledHead` brings to all of it.

    `pooling` gives the first queries, and `bins` the centres; `skips.3` (deepest) to `skips.0` follow, each but the
    last with a pixel shuffle to twice the resolution; `heads.0` gives the logits of the bins.

    Args:
        encoder_channels: of the maps at 1/4, 1/8, 1/16 and 1/32.
        settings: of the network.
    """

    def __init__(self, encoder_channels: Sequence[int], settings: PixelFormerSettings) -> None:
        super().__init__()
        features, own = settings.features, settings.own_uncertainty
        widths = [features * 2**level for level in range(len(encoder_channels))]
        self.pooling = PyramidPooling(encoder_channels[-1], widths[-1] // 2)
        self.skips = nn.ModuleList(
            SkipStage(given, width // 2, width, settings.attention_heads * 2**level)
            for level, (given, width) in enumerate(zip(encoder_channels, widths, strict=True))
        )
        self.shuffle = nn.PixelShuffle(2)
        self.bins = BinCentres(widths[-1] // 2, settings.bins, settings.depth_range)
        self.heads = nn.ModuleList([nn.Conv2d(features, settings.bins, 3, padding=1)])
        told = [] if own is None else [nn.Conv2d(features, own.channels, 3, padding=1)]
        self.uncertainty_heads = nn.ModuleList(told)

    def forward(self, features: Sequence[Tensor], scales: int = 1) -> Logits:
        """Maps (B,C,h,w), finest first -> depth (B,1,h,w) [m], uncertainty (B,U,4h,4w), h and w of the finest map.

        There is one scale, whatever is asked for.
        """
        x = start = self.pooling(features[-1])
        for level in reversed(range(len(features))):
            x = self.skips[level](features[level], x)
            x = self.shuffle(x) if level else x
        size = (STRIDE * x.shape[-2], STRIDE * x.shape[-1])
        told = [resize(head(x), size) for head in self.uncertainty_heads]
        return binned(self.heads[0](x), self.bins(start), told)
