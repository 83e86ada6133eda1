"""How far a mean over images may be off: percentile bootstrap intervals (Efron & Tibshirani 1993, chapter 13).

Frames of one recording resemble one another, so that whole scenes are drawn, not images, where the scenes are known: an
interval over images would be much too narrow.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Floats = NDArray[np.float64]

LEVEL, DRAWS = 0.95, 2000
FEWEST = 5
"""Units below which percentiles of a bootstrap mean nothing: of 4 there are only 35 different draws."""
_BLOCK = 2**22
"""Numbers of a block of draws: a large data set is not drawn all at once."""


class Interval(NamedTuple):
    """95% percentile bootstrap interval; NaN where there are too few units."""

    low: float
    high: float


class Resampling:
    """Draws of the units of a data set with replacement, the same ones for everything that is measured.

    Args:
        scenes: of each image, None where it is not known. Images are drawn whole scenes at a time if all are known,
            otherwise one by one.
        seed: of the draws; two data sets that are compared need different ones.
    """

    def __init__(self, scenes: Sequence[str | None], seed: int = 0) -> None:
        known = [scene for scene in scenes if scene is not None]
        self.unit = "scene" if len(known) == len(scenes) > 0 else "image"
        labels: Sequence[object] = known if self.unit == "scene" else range(len(scenes))
        place = {label: number for number, label in enumerate(dict.fromkeys(labels))}
        self.unit_of = np.array([place[label] for label in labels], dtype=np.int64)
        """(n,) the unit of every image."""
        self.count = len(place)
        """Units."""
        self.seed = seed

    @property
    def enough(self) -> bool:
        """Whether there are at least `FEWEST` units."""
        return self.count >= FEWEST

    def describe(self) -> str:
        """For the head of a table.

        >>> Resampling(["a", "a", "b"]).describe()
        'no intervals: n = 2 scenes is too small, at least 5 are needed'
        """
        if not self.enough:
            return f"no intervals: n = {self.units} is too small, at least {FEWEST} are needed"
        return f"95% bootstrap intervals over {self.units}"

    @property
    def units(self) -> str:
        """How many there are, in words."""
        return f"{self.count} {self.unit}{'s' if self.count != 1 else ''}"

    def facts(self) -> dict[str, str | int | float]:
        """The same for programs."""
        return {"level": LEVEL, "draws": DRAWS, "seed": self.seed, "unit": self.unit, "units": self.count}

    def draws(self, width: int = 1) -> Iterator[Floats]:
        """How often each unit is drawn, (d,units) for blocks of the `DRAWS` draws.

        Args:
            width: numbers that the caller makes of one draw; keeps the blocks small.
        """
        generator = np.random.default_rng(self.seed)
        size = max(1, _BLOCK // max(width, self.count, 1))
        for start in range(0, DRAWS, size):
            rows = min(size, DRAWS - start)
            chosen = generator.integers(self.count, size=(rows, self.count))
            flat = (chosen + self.count * np.arange(rows)[:, None]).ravel()
            yield np.bincount(flat, minlength=rows * self.count).reshape(rows, self.count).astype(np.float64)

    def of_means(self, values: Tensor) -> list[Interval]:
        """Intervals of the means over images.

        Args:
            values: (n,K) float64, NaN where an image was not measured: it then has no part in the mean.

        Returns:
            One for each of the K columns.
        """
        given = values.numpy()
        measured = np.isfinite(given)
        # So that equal values give an interval without width, whatever they are.
        origin = np.where(measured, given, np.inf).min(0, initial=np.inf)
        origin = np.where(np.isfinite(origin), origin, 0.0)
        sums = self._by_unit(np.where(measured, given - origin, 0.0))
        counts = self._by_unit(measured.astype(np.float64))
        ends = np.full((2, given.shape[1]), np.nan)
        enough = (counts > 0).sum(0) >= FEWEST
        if enough.any():
            sums, counts = sums[:, enough], counts[:, enough]
            means = np.concatenate([_ratio(block @ sums, block @ counts) for block in self.draws(given.shape[1])])
            ends[:, enough] = origin[enough] + quantiles(means)
        return [Interval(*map(float, pair)) for pair in ends.T]

    def of_ratio(self, values: Tensor, base: Tensor) -> Interval:
        """Interval of the ratio of two means over the same images, both of the same draws.

        Args:
            values: (n,) float64, NaN where an image was not measured: it then has no part in either mean.
            base: (n,) likewise, above 0.
        """
        pairs = torch.stack([values, base], 1).numpy()
        measured = np.isfinite(pairs).all(1, keepdims=True)
        sums = self._by_unit(np.where(measured, pairs, 0.0))
        if (sums[:, 1] > 0).sum() < FEWEST:
            return Interval(np.nan, np.nan)
        drawn = np.concatenate([block @ sums for block in self.draws(2)])
        return Interval(*map(float, quantiles(_ratio(drawn[:, :1], drawn[:, 1:]))[:, 0]))

    def _by_unit(self, values: Floats) -> Floats:
        """(n,K) -> (units,K) sums."""
        sums = np.zeros((self.count, values.shape[1]))
        np.add.at(sums, self.unit_of, values)
        return sums


def quantiles(values: Floats) -> Floats:
    """(DRAWS,K) -> (2,K) the ends of the central 95%; draws without a number do not count."""
    ends = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
    return np.nanquantile(values, ends, axis=0) if np.isnan(values).any() else np.quantile(values, ends, axis=0)


def _ratio(sums: Floats, counts: Floats) -> Floats:
    return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
