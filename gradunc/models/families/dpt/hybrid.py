"""A vision transformer on a ResNet as an encoder: two maps of the ResNet, and the tokens of two blocks."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from gradunc.models.parts.pretrained import Pretrained
from gradunc.models.parts.vision_transformer import VisionTransformerEncoder

FIRST_STAGES = 2
"""Stages of the ResNet that the decoder sees, at 1/4 and 1/8."""


class HybridEncoder(VisionTransformerEncoder):
    """Maps at 1/4, 1/8, 1/16 and 1/16; the last two carry the class token behind their own channels.

    Args:
        name: timm model name of a vision transformer whose patches are the maps of a ResNet.
        pretrained: where the first weights come from.
        taps: indices of two blocks.

    Raises:
        InputError: as `VisionTransformerEncoder`.
    """

    def __init__(self, name: str, pretrained: Pretrained, taps: Sequence[int]) -> None:
        super().__init__(name, pretrained, taps, positions="bilinear", norm=False, readout=True, multiple=32)
        stages: Any = self.backbone.patch_embed.backbone.stages
        widths = [int(stage.blocks[-1].conv3.out_channels) for stage in stages[:FIRST_STAGES]]
        self.channels = (*widths, *self.channels)

    def forward(self, image: Tensor) -> list[Tensor | None]:
        """Normalised image (B,3,H,W), H and W multiples of 32 -> maps (B,C,H/4,W/4), H/8, H/16 and H/16."""
        embed = self.backbone.patch_embed
        x, maps = embed.backbone.stem(image), []
        for index, stage in enumerate(embed.backbone.stages):
            x = stage(x)
            if index < FIRST_STAGES:
                maps.append(x)
        return [*maps, *self.of_patches(embed.proj(embed.backbone.norm(x)))]
