"""The network of what moves by itself: a field of motion beside that of the camera."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.models.parts.blocks import ConvBlock, conv3x3
from gradunc.models.parts.pretrained import Pretrained
from gradunc.models.parts.timm_encoder import TimmEncoder

MEAN, STD = 0.45, 0.225
"""Of all channels."""


class MotionNetwork(nn.Module):
    """The target and a source that the camera's motion has been taken out of -> how far points have moved.

    What stands still looks the same in both, wherever depth and motion of the camera are right. A backbone on the
    stacked images, two 3x3 convolutions per level up to a quarter of the size, and a 3x3 to three numbers, times 0.01,
    which start at 0: the training begins as one without this network.

    Args:
        encoder: timm backbone.
        size: height and width [px] of the images that it is trained on.
        unit: factor of motions, as of `PoseNetwork`; in the state dict.
        channels: of the decoder at strides 4, 8, 16, 32.
    """

    unit: Tensor

    def __init__(
        self, encoder: str, size: tuple[int, int], unit: float = 1.0, channels: Sequence[int] = (16, 32, 64, 64)
    ) -> None:
        super().__init__()
        self.encoder = TimmEncoder(encoder, Pretrained(), size, in_chans=6)
        found, blocks = self.encoder.channels, list[nn.Module]()
        width = found[-1]
        for level in (3, 2, 1):
            first = ConvBlock(width + found[level], channels[level])
            blocks.append(nn.Sequential(first, ConvBlock(channels[level], channels[level - 1])))
            width = channels[level - 1]
        self.blocks = nn.ModuleList(blocks)
        self.head = conv3x3(width, 3)
        for parameter in self.head.parameters():
            nn.init.zeros_(parameter)
        self.register_buffer("unit", torch.tensor(float(unit)))

    def forward(self, target: Tensor, warped: Tensor) -> Tensor:
        """Images (B,3,H,W) in [0,1] -> (B,3,H/4,W/4) motion from the target's time to the source's [unit of depth]."""
        features = self.encoder((torch.cat([target, warped], 1) - MEAN) / STD)
        x = features[-1]
        assert x is not None, "the deepest level is never a gap"
        for block, level in zip(self.blocks, (3, 2, 1), strict=True):
            x = F.interpolate(x, scale_factor=2.0, mode="nearest")
            skip = features[level]
            x = block(x if skip is None else torch.cat([x, skip], 1))
        return 0.01 * self.unit * self.head(x)
