"""Both scales of Eigen, Puhrsch & Fergus (NeurIPS 2014), written from the description of the network."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.models.parts.blocks import Logits
from gradunc.ops.disparity import resize
from gradunc.types import Size

STRIDE = 4
"""Pixels of the image along a cell of the fine network, and of the coarse depth."""
COARSE_STRIDE = 32
"""Pixels along a cell of the last map of the coarse network."""


class EigenEncoder(nn.Module):
    """What of both networks comes before they meet: convolutions of the whole image, and of its details.

    Args:
        coarse_channels: of the five convolutions of the coarse network.
        fine_channels: of the fine network, whose first convolution leaves one to the coarse depth.
    """

    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    multiple = COARSE_STRIDE

    def __init__(self, coarse_channels: Sequence[int], fine_channels: int) -> None:
        super().__init__()
        one, two, three, four, five = coarse_channels
        self.coarse = nn.Sequential(
            nn.Sequential(nn.Conv2d(3, one, 11, stride=4, padding=5), nn.ReLU(), nn.MaxPool2d(2)),
            nn.Sequential(nn.Conv2d(one, two, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
            nn.Sequential(nn.Conv2d(two, three, 3, padding=1), nn.ReLU()),
            nn.Sequential(nn.Conv2d(three, four, 3, padding=1), nn.ReLU()),
            nn.Sequential(nn.Conv2d(four, five, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        )
        self.fine = nn.Sequential(nn.Conv2d(3, fine_channels - 1, 9, stride=2, padding=4), nn.ReLU(), nn.MaxPool2d(2))

    def forward(self, image: Tensor) -> list[Tensor | None]:
        """Normalised image (B,3,H,W) -> details (B,F-1,H/4,W/4) and the whole (B,C,H/32,W/32)."""
        return [self.fine(image), self.coarse(image)]


class EigenDecoder(nn.Module):
    """Two maps -> logits at a quarter of the image's size, which `UpsampledHead` brings to all of it.

    Two fully connected layers, `squeeze` and `spread`, make a coarse depth of the whole image; `refine` and `heads.0`
    correct it by the details. Fully connected layers know one size only: maps of another are resized to it, and the
    coarse depth back.

    Args:
        size: (H,W) of the images that it is trained on, multiples of 32.
        channels: of the last map of the coarse network.
        global_features: numbers between the two fully connected layers.
        fine_channels: of the fine network.
        dropout: of those numbers.
        uncertainty_channels: outputs of a second last convolution; 0 = there is none.
    """

    auto_layer = "refine"

    def __init__(
        self,
        size: Size,
        channels: int,
        global_features: int,
        fine_channels: int,
        dropout: float = 0.0,
        uncertainty_channels: int = 0,
    ) -> None:
        super().__init__()
        self.whole: Size = (-(-size[0] // COARSE_STRIDE), -(-size[1] // COARSE_STRIDE))
        self.grid: Size = (self.whole[0] * COARSE_STRIDE // STRIDE, self.whole[1] * COARSE_STRIDE // STRIDE)
        self.squeeze = nn.Linear(channels * self.whole[0] * self.whole[1], global_features)
        self.dropout = nn.Dropout(dropout) if dropout else nn.Identity()
        self.spread = nn.Linear(global_features, self.grid[0] * self.grid[1])
        self.refine = nn.Conv2d(fine_channels, fine_channels, 5, padding=2)
        self.heads = nn.ModuleList([nn.Conv2d(fine_channels, 1, 5, padding=2)])
        own = [nn.Conv2d(fine_channels, uncertainty_channels, 5, padding=2)] if uncertainty_channels else []
        self.uncertainty_heads = nn.ModuleList(own)

    def forward(self, features: Sequence[Tensor], scales: int = 1) -> Logits:
        """Details and the whole -> logits (B,1,h,w), uncertainty (B,U,4h,4w), h and w of the details.

        There is one scale, whatever is asked for.
        """
        details, whole = features
        numbers = F.relu(self.squeeze(resize(whole, self.whole).flatten(1)))
        coarse = self.spread(self.dropout(numbers)).unflatten(1, (1, *self.grid))
        size = (details.shape[-2], details.shape[-1])
        x = F.relu(self.refine(torch.cat([details, resize(coarse, size)], 1)))
        full = (STRIDE * size[0], STRIDE * size[1])
        return Logits((self.heads[0](x),), tuple(resize(head(x), full) for head in self.uncertainty_heads))
