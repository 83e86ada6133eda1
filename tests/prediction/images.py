"""An image and a network of somebody else, for the tests of this folder."""

import numpy as np
import torch
from torch import Tensor, nn

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 31, 3), dtype=np.uint8)
"""An image whose sides are no multiples of anything."""


class Plain(nn.Module):
    """A network of somebody else: depth (B,H,W) as a tensor."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.body, self.head = nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(6, 1, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        return self.head(self.body(image).relu()).exp()[:, 0]


def as_tensor() -> Tensor:
    return torch.from_numpy(PIXELS).movedim(-1, 0)
