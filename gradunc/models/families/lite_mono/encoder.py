"""The encoder of Lite-Mono (Zhang et al., CVPR 2023), written from its structure (docs/checkpoints.md)."""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.models.families.lite_mono.blocks import DilatedBlock, InteractionBlock
from gradunc.models.families.lite_mono.settings import Sizes
from gradunc.models.parts.drop_path import growing


class LiteMonoEncoder(nn.Module):
    """Three stages; in front of each, the image in its resolution is laid beside the maps that lead to it.

    Args:
        sizes: channels and blocks.
        dilation: largest one of the groups of three.
        drop_path: probability at the deepest block, from 0 at the first.
    """

    mean, std = (0.45, 0.45, 0.45), (0.225, 0.225, 0.225)
    multiple = 16

    def __init__(self, sizes: Sizes, dilation: int = 3, drop_path: float = 0.0) -> None:
        super().__init__()
        first, second, third = self.channels = sizes.channels
        stem = nn.Sequential(_conv_norm(3, first, 2), _conv_norm(first, first, 1), _conv_norm(first, first, 1))
        self.stem2 = _down(first + 3, first)
        self.downsample_layers = nn.ModuleList([stem, _down(2 * first + 3, second), _down(2 * second + 3, third)])
        drops = iter(growing(drop_path, sum(sizes.blocks)))
        self.stages = nn.ModuleList(
            _stage(channels, dilations_of(blocks, dilation), [next(drops) for _ in range(blocks)], place=i == 0)
            for i, (channels, blocks) in enumerate(zip(sizes.channels, sizes.blocks, strict=True))
        )
        self.apply(_start)

    def forward(self, image: Tensor) -> list[Tensor | None]:
        """Normalised image (B,3,H,W), H and W multiples of 16 -> maps at 1/4, 1/8 and 1/16."""
        pooled = _half(image)
        entering = self.stem2(torch.cat([self.downsample_layers[0](image), pooled], 1))
        found: list[Tensor | None] = []
        for i, stage in enumerate(self.stages):
            leaving = stage(entering)
            found.append(leaving)
            if i + 1 < len(self.stages):
                pooled = _half(pooled)
                entering = self.downsample_layers[i + 1](torch.cat([entering, leaving, pooled], 1))
        return found


def dilations_of(blocks: int, largest: int) -> list[int]:
    """Of the convolutions of a stage with `blocks` blocks: groups of 1, 2, `largest`.

    The last group of a stage with several is twice as wide.

    >>> dilations_of(4, 3), dilations_of(7, 5)
    ([1, 2, 3], [1, 2, 5, 2, 4, 10])
    """
    groups = (blocks - 1) // 3
    group = [1, 2, largest]
    return group * (groups - 1) + [(2 if groups > 1 else 1) * one for one in group]


def _stage(channels: int, dilations: list[int], drops: list[float], *, place: bool) -> nn.Sequential:
    convolutions = [DilatedBlock(channels, d, drop) for d, drop in zip(dilations, drops[:-1], strict=True)]
    return nn.Sequential(*convolutions, InteractionBlock(channels, drops[-1], place=place))


def _conv_norm(in_channels: int, out_channels: int, stride: int) -> nn.Sequential:
    """3x3 convolution, batch norm, GELU; the names are the published ones."""
    norm = nn.Sequential(OrderedDict(bn=nn.BatchNorm2d(out_channels), act=nn.GELU()))
    conv = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
    return nn.Sequential(OrderedDict(conv=conv, bn_gelu=norm))


def _down(in_channels: int, out_channels: int) -> nn.Sequential:
    """3x3 convolution of stride 2."""
    conv = nn.Conv2d(in_channels, out_channels, 3, 2, 1, bias=False)
    return nn.Sequential(nn.Sequential(OrderedDict(conv=conv)))


def _half(image: Tensor) -> Tensor:
    """Mean of 3x3 at every other place; what lies outside counts as 0."""
    return F.avg_pool2d(image, 3, 2, 1)


def _start(module: nn.Module) -> None:
    """First weights as published: normal, of variance 2 / fan-out."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
