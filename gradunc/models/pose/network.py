"""The pose network of self-supervised training: motion between two frames."""

import torch
from torch import Tensor, nn

from gradunc.models.parts.pretrained import Pretrained
from gradunc.models.parts.timm_encoder import TimmEncoder


class PoseNetwork(nn.Module):
    """Two frames in temporal order -> axis-angle and translation of the motion (docs/methods.md F.3).

    A backbone on the stacked frames, a 1x1 squeeze to 256, two 3x3 convolutions, a 1x1 to six numbers, their spatial
    mean times 0.01, so that training starts near standing still.

    Args:
        encoder: timm backbone.
        pretrained: where its first weights come from.
        size: height and width [px] of the images that it is trained on.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, encoder: str, pretrained: Pretrained, size: tuple[int, int]) -> None:
        super().__init__()
        self.encoder = TimmEncoder(encoder, pretrained, size, in_chans=6)
        self.decoder = nn.Sequential(
            nn.Conv2d(self.encoder.channels[-1], 256, 1),
            nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(256, 6, 1),
        )
        for name, values in (("mean", self.encoder.mean), ("std", self.encoder.std)):
            self.register_buffer(name, torch.tensor(values).repeat(2).view(1, 6, 1, 1), persistent=False)

    def forward(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """Images (B,3,H,W) in [0,1], earlier frame first -> axis-angle (B,3) [rad], translation (B,3)."""
        frames = torch.cat([first, second], 1)
        features = self.encoder((frames - self.mean) / self.std)[-1]
        assert features is not None, "the deepest level is never a gap"
        motion = 0.01 * self.decoder(features).mean((2, 3))
        return motion[:, :3], motion[:, 3:]
