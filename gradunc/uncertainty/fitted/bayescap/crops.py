"""What BayesCap learns from: random parts of the images of a split, in bounded memory."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from gradunc.brief import brief_repr
from gradunc.uncertainty.fitted.reservoir import Reservoir

FARTHEST = 20.0
"""Normalised values farther from the middle count as this: an answer next to 0 has a disparity of 1000."""

MOST_PIXELS = 2**26
"""Pixels that are held at most, of ten bytes each (640 MiB): 546 images of 192x640."""

UNIT_VALUES = 200_000
"""Values that the unit is found from: a median of so many is known to 0.3% of the standard deviation."""


class Normalised(NamedTuple):
    """The unit in which Omega sees answers: what is usual is of order 1 in it."""

    centre: Tensor
    """() median of the answers, in their own unit."""
    spread: Tensor
    """() half the distance between two quantiles, in the same unit, above 0."""

    __repr__ = brief_repr

    @classmethod
    def of(cls, values: Tensor) -> "Normalised":
        """Median, and half the distance between the 16% and 84% quantiles (n,): outliers move neither."""
        ordered = values.sort().values
        low, middle, high = (ordered[round(share * (len(ordered) - 1))] for share in (0.16, 0.5, 0.84))
        return cls(middle, ((high - low) / 2).clamp_min(1e-6 * middle.abs().clamp_min(1e-6)))

    def __call__(self, values: Tensor) -> Tensor:
        """Any shape; 0 where it is not finite."""
        scaled = ((values - self.centre) / self.spread).clamp(-FARTHEST, FARTHEST)
        return torch.where(values.isfinite(), scaled, 0.0)


class Map(NamedTuple):
    """An image that is learned from, each (1,H,W) on the CPU."""

    answer: Tensor
    """Float, in the quantity that is compared, as the network gives it."""
    finite: Tensor
    """Bool, True = the answer is finite."""
    truth: Tensor
    """Float, in the same quantity."""
    keep: Tensor
    """Bool, True = truth and answer are known."""

    __repr__ = brief_repr


class Maps:
    """Takes image after image and holds some of them, each with the same probability; reproducible.

    Args:
        seed: of the choice.
        most: pixels that are held.
    """

    def __init__(self, seed: int, most: int) -> None:
        self.most = most
        self.kept: list[Map] = []
        self.offered = 0
        """Images that came."""
        self._generator = torch.Generator().manual_seed(seed)
        self._values = Reservoir(UNIT_VALUES, seed)

    def add(self, one: Map) -> None:
        """Offer an image with at least one pixel of truth; what is held is a copy, and not a part of a batch."""
        self.offered += 1
        self._values.add(torch.cat([one.answer[one.finite], one.truth[one.keep]])[:, None])
        if len(self.kept) < max(1, self.most // one.answer.numel()):
            self.kept.append(_copied(one))
            return
        place = int(torch.randint(self.offered, (), generator=self._generator))
        if place < len(self.kept):
            self.kept[place] = _copied(one)

    def unit(self) -> Normalised:
        """From answers and truths of all images, also of those that are not held."""
        return Normalised.of(self._values.rows[:, 0])

    def findings(self) -> tuple[str, ...]:
        """A line if images were left out."""
        if len(self.kept) == self.offered:
            return ()
        return (
            f"learned from {len(self.kept)} of {self.offered} images, drawn at random: at most {self.most:,} pixels "
            "are held",
        )


class Crops:
    """Random parts of random images, (B,1,h,w) each, in normalised units.

    Args:
        maps: of images of one size.
        unit: of answers and truths.
        batch: how many parts.
        side: of a part [px].
        device: where they go.
    """

    def __init__(self, maps: Sequence[Map], unit: Normalised, batch: int, side: int, device: torch.device) -> None:
        self.maps, self.unit, self.batch, self.side, self.device = maps, unit, batch, side, device

    def __call__(self) -> Map:
        """The next ones."""
        height, width = self.maps[0].answer.shape[-2:]
        high, wide = min(self.side, height), min(self.side, width)
        parts = []
        for _ in range(self.batch):
            one = self.maps[int(torch.randint(len(self.maps), ()))]
            top, left = int(torch.randint(height - high + 1, ())), int(torch.randint(width - wide + 1, ()))
            parts.append([value[:, top : top + high, left : left + wide] for value in one])
        crop = Map(*(torch.stack(values) for values in zip(*parts, strict=True)))
        crop = crop._replace(answer=self.unit(crop.answer), truth=self.unit(crop.truth))
        return Map(*(values.to(self.device) for values in crop))


def _copied(one: Map) -> Map:
    return Map(*(values.clone() for values in one))
