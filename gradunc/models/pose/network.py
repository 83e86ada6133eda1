"""The pose network of self-supervised training: motion between two frames."""

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn

from gradunc.models.parts.pretrained import Pretrained
from gradunc.models.parts.timm_encoder import TimmEncoder

START_DEPTH = 0.2
"""Depth that a disparity between 0.1 and 100 starts from, to which the published factor 0.01 belongs."""


class PoseNetwork(nn.Module):
    """Two frames in temporal order -> axis-angle and translation of the motion (docs/methods.md F.3).

    A backbone on the stacked frames, a 1x1 squeeze to 256, two 3x3 convolutions, a 1x1 to six numbers, their spatial
    mean times 0.01, so that training starts near standing still. What moves pixels is translation / depth: translations
    are further multiplied by `unit`, so that a depth network which starts from 12 m has motion to match within reach.

    Args:
        encoder: timm backbone.
        pretrained: where its first weights come from.
        size: height and width [px] of the images that it is trained on.
        normalisation: mean and standard deviation of all channels; None = those of the backbone. If they are not the
            backbone's they are part of the state dict, and networks that load it take them over.
        unit: factor of translations, start depth of the depth network / `START_DEPTH`; in the state dict unless 1.
    """

    mean: Tensor
    std: Tensor
    unit: Tensor

    def __init__(
        self,
        encoder: str,
        pretrained: Pretrained,
        size: tuple[int, int],
        normalisation: tuple[float, float] | None = None,
        unit: float = 1.0,
    ) -> None:
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
        own = None if normalisation is None else [(value,) * 3 for value in normalisation]
        for name, values in zip(("mean", "std"), own or (self.encoder.mean, self.encoder.std), strict=True):
            self.register_buffer(name, torch.tensor(values).repeat(2).view(1, 6, 1, 1), persistent=own is not None)
        self.register_buffer("unit", torch.tensor(float(unit)), persistent=unit != 1)
        self.register_load_state_dict_pre_hook(_take_over)

    def forward(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """Images (B,3,H,W) in [0,1], earlier frame first -> axis-angle (B,3) [rad], translation (B,3)."""
        frames = torch.cat([first, second], 1)
        features = self.encoder((frames - self.mean) / self.std)[-1]
        assert features is not None, "the deepest level is never a gap"
        motion = 0.01 * self.decoder(features).mean((2, 3))
        return motion[:, :3], self.unit * motion[:, 3:]


def _take_over(network: nn.Module, state_dict: Mapping[str, Any], prefix: str, *_: Any) -> None:
    """Makes room for the normalisation of a state dict that has one, and for its unit, which is 1 where it has none."""
    for name in ("mean", "std", "unit"):
        if prefix + name in state_dict:
            network.register_buffer(name, getattr(network, name), persistent=True)
    if prefix + "unit" not in state_dict and prefix + "decoder.0.weight" in state_dict:
        network.register_buffer("unit", torch.ones_like(cast(Tensor, network.unit)), persistent=False)
