"""The decoder of AdaBins, written from its description (Bhat et al., CVPR 2021)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from gradunc.models.families.adabins.settings import AdaBinsSettings
from gradunc.models.families.adabins.transformer import PatchTransformer
from gradunc.models.parts.bins import binned, middles
from gradunc.models.parts.blocks import Logits
from gradunc.ops.disparity import resize, resize_corners
from gradunc.types import Size

STRIDE = 2
"""Pixels of the image along a cell of the depth."""
LEAST_SHARE = 0.1
"""Added to each width of a bin before they are divided by their sum."""


class AdaBinsDecoder(nn.Module):
    """Pyramid -> depth at half of the image's size, which `UpsampledHead` brings to all of it.

    `widen` and `start` begin at the deepest map; `ups.0` (1/16) to `ups.3` (1/2) follow, each with the encoder's map
    beside it, and `features`. From its map `transformer` makes tokens: the first one says the widths of the bins
    (`widths`), the others are 1x1 kernels on the map of `ranges`. `heads.0` gives the logits of the bins.

    Args:
        encoder_channels: channels at strides 2, 4, ... 32; 0 where the encoder has no map.
        settings: of the network.
    """

    auto_layer = "ups.2.conv2"
    """The last convolution at 1/4 of the resolution. A search by resolution would find the transformer, whose tokens
    are kernels and no places."""

    def __init__(self, encoder_channels: Sequence[int], settings: AdaBinsSettings) -> None:
        super().__init__()
        width, own = settings.features, settings.own_uncertainty
        self.low, self.high = settings.depth_range
        deepest = width * 2 ** (len(encoder_channels) - 1)
        self.widen = nn.Conv2d(encoder_channels[-1], deepest, 1, bias=False)
        # A 1x1 convolution whose border of zeros makes the map larger by 2, as the published weights have seen it.
        self.start = nn.Conv2d(deepest, deepest, 1, padding=1)
        self.ups = nn.ModuleList(
            UpBlock(2 * level * width + skip, level * width)
            for level, skip in zip((8, 4, 2, 1), reversed(encoder_channels[:-1]), strict=True)
        )
        self.features = nn.Conv2d(width, width, 3, padding=1)
        self.transformer = PatchTransformer(width, settings.patch, least=1 + width)
        self.ranges = nn.Conv2d(width, width, 3, padding=1)
        self.widths = nn.Sequential(
            *(nn.Linear(width, 2 * width), nn.LeakyReLU(), nn.Linear(2 * width, 2 * width), nn.LeakyReLU()),
            nn.Linear(2 * width, settings.bins),
        )
        self.heads = nn.ModuleList([nn.Conv2d(width, settings.bins, 1)])
        told = [] if own is None else [nn.Conv2d(width, own.channels, 3, padding=1)]
        self.uncertainty_heads = nn.ModuleList(told)

    def forward(self, features: Sequence[Tensor | None], scales: int = 1) -> Logits:
        """Pyramid at strides 2 ... 32 -> depth (B,1,H/2,W/2) [m], uncertainty (B,U,H,W). There is one scale."""
        x = self.features(self._upsampled(features))
        tokens = self.transformer(x)
        ranges = _filtered(self.ranges(x), tokens[:, 1 : 1 + x.shape[1]])
        size = (STRIDE * x.shape[-2], STRIDE * x.shape[-1])
        told = [resize(head(x), size) for head in self.uncertainty_heads]
        return binned(self.heads[0](ranges), self._middles(tokens[:, 0]), told)

    def _upsampled(self, features: Sequence[Tensor | None]) -> Tensor:
        """Pyramid -> (B,C,H/2,W/2)."""
        deepest = features[-1]
        assert deepest is not None, "the deepest level is never a gap"
        x = self.start(self.widen(deepest))
        for level, block in enumerate(self.ups, start=1):
            size = (deepest.shape[-2] * 2**level, deepest.shape[-1] * 2**level)
            x = block(x, features[-1 - level], size)
        return x

    def _middles(self, token: Tensor) -> Tensor:
        """The first token (B,C) -> middles of the bins (B,K,1,1) [m]."""
        widths = torch.relu(self.widths(token)) + LEAST_SHARE
        return middles(widths / widths.sum(1, keepdim=True), self.low, self.high)


class UpBlock(nn.Module):
    """A coarser map beside the encoder's, then twice convolution, batch normalisation and leaky ReLU."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(out_channels)
        self.activation = nn.LeakyReLU()

    def forward(self, x: Tensor, skip: Tensor | None, size: Size) -> Tensor:
        """A map (B,C,h,w) and the encoder's (B,S,*size), or None for a gap -> (B,C',*size)."""
        x = resize_corners(x, size)
        x = x if skip is None else torch.cat([x, skip], 1)
        x = self.activation(self.norm1(self.conv1(x)))
        return self.activation(self.norm2(self.conv2(x)))


def _filtered(x: Tensor, kernels: Tensor) -> Tensor:
    """A map (B,C,h,w) under 1x1 kernels of each image (B,K,C) -> (B,K,h,w)."""
    return (kernels @ x.flatten(2)).unflatten(2, (x.shape[-2], x.shape[-1]))
