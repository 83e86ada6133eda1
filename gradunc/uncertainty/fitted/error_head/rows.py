"""Features and errors of some pixels of every image, as rows of a table."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from gradunc.uncertainty.gradient.maps import LayerMap

MOST_VALUES = 2**27
"""Features that are held at most (512 MiB); beyond, every other row is left out."""


class Rows:
    """A table that grows by images and never beyond `most` values.

    Args:
        each: rows of an image at most.
        seed: of the choice of pixels.
        most: values of features.
    """

    def __init__(self, each: int, seed: int = 0, most: int = MOST_VALUES) -> None:
        self.each, self.most = each, most
        self._halvings = 0
        self._generator = torch.Generator().manual_seed(seed)
        self._features: list[Tensor] = []
        self._errors: list[Tensor] = []

    def add(self, maps: Sequence[LayerMap], error: Tensor, keep: Tensor) -> None:
        """Take pixels of a batch.

        Args:
            maps: of the layers, each (B,C,h,w).
            error: (B,1,H,W).
            keep: (B,1,H,W) bool, True = the pixel may be taken.
        """
        for place in range(len(error)):
            found = keep[place, 0].cpu().nonzero()
            found = found[torch.randperm(len(found), generator=self._generator)[: self.each]].to(error.device)
            features = torch.cat([at(one, place, found) for one in maps], 1)
            finite = features.isfinite().all(1)
            self._features.append(features[finite].cpu())
            self._errors.append(error[place, 0, found[:, 0], found[:, 1]][finite].cpu())
        if sum(one.numel() for one in self._features) > self.most:
            self._features = [one[::2].clone() for one in self._features]
            self._errors = [one[::2].clone() for one in self._errors]
            self.each = max(1, self.each // 2)
            self._halvings += 1

    def findings(self) -> tuple[str, ...]:
        """A line if rows were left out."""
        if not self._halvings:
            return ()
        return (
            f"learned from 1 in {2**self._halvings} of the pixels, at most {self.each} of an image: no more than "
            f"{self.most:,} values of features are held",
        )

    def table(self) -> tuple[Tensor, Tensor]:
        """Features (n,D) and errors (n,) on the CPU."""
        return torch.cat(self._features), torch.cat(self._errors)


def at(layer: LayerMap, image: int, places: Tensor) -> Tensor:
    """Features of an image at pixels, as `maps.to_image` resizes them.

    Args:
        layer: (B,C,h,w) and its extent.
        image: position in the batch.
        places: (n,2) rows and columns [px].

    Returns:
        (n,C).
    """
    size = places.new_tensor(layer.extent)
    # Half-pixel centres: -1 and +1 are the outer borders.
    grid = ((2 * places + 1) / size - 1).flip(1).float()[None, None]
    values = layer.values[image : image + 1]
    return F.grid_sample(values, grid, mode="bilinear", padding_mode="border", align_corners=False)[0, :, 0].T
