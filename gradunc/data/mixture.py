"""Several data sets as one, and the order in which training draws from them by weight."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from gradunc.data.sampling import EpochSampler
from gradunc.errors import InputError
from gradunc.types import Sample


class Mixture(Dataset[Sample]):
    """The samples of several data sets one after another.

    Args:
        parts: name -> data set; all deliver images of one size.
        weights: name -> share of the training samples, in any unit.

    Raises:
        InputError: a part without a sample.
    """

    def __init__(self, parts: Mapping[str, Any], weights: Mapping[str, float] | None = None) -> None:
        empty = [name for name, data in parts.items() if len(data) == 0]
        if empty or not parts:
            raise InputError(
                f"part '{empty[0]}' of the mixture holds no sample" if empty else "the mixture has no part"
            )
        self.parts = dict(parts)
        self.weights = [1.0 if weights is None else weights[name] for name in parts]
        self.lengths = [len(data) for data in parts.values()]
        self._ends = list(accumulate(self.lengths))

    def __len__(self) -> int:
        """Samples of all parts together."""
        return self._ends[-1]

    def __getitem__(self, index: int) -> Sample:
        """The sample of one part; its `index` is the position in the mixture."""
        data, position = self._place(index)
        sample: Sample = data[position]
        return {**sample, "index": torch.tensor(index)}

    def name(self, index: int) -> str:
        """Where a sample's image comes from, known without reading it."""
        data, position = self._place(index)
        return data.name(position) if hasattr(data, "name") else str(position)

    def prepare(self) -> None:
        """Fill the caches of the parts."""
        for data in self.parts.values():
            if hasattr(data, "prepare"):
                data.prepare()

    def sampler(self, processes: int, rank: int, seed: int) -> "MixtureSampler":
        """The order of training."""
        return MixtureSampler(self.lengths, self.weights, processes, rank, seed)

    def _place(self, index: int) -> tuple[Any, int]:
        if not 0 <= index < len(self):
            raise IndexError(f"sample {index} of {len(self)}")
        number = bisect_right(self._ends, index)
        return list(self.parts.values())[number], index - self._ends[number] + self.lengths[number]


class MixtureSampler(EpochSampler):
    """As many samples as the parts have together, a fixed number of each part by its weight, in a new order per epoch.

    Every part goes through a permutation of its samples, from epoch to epoch where the last one ended, and then through
    another: no sample is drawn a second time before all others of its part were drawn once.

    Args:
        lengths: samples of the parts, which follow one another.
        weights: share of the parts, in any unit; at least one is above 0.
        processes: that train together.
        rank: of this one.
        seed: of the orders.
    """

    def __init__(self, lengths: Sequence[int], weights: Sequence[float], processes: int, rank: int, seed: int) -> None:
        super().__init__(range(sum(lengths)), processes, rank, seed)
        self.lengths = tuple(lengths)
        self.counts = apportion(sum(lengths), weights)
        """Samples of each part per epoch."""

    def order(self) -> NDArray[np.int64]:
        """Positions of the present epoch, of all processes."""
        starts = [0, *accumulate(self.lengths)]
        drawn = [start + self._draw(part) for part, start in enumerate(starts[:-1])]
        return np.random.default_rng((self.seed, self.epoch)).permutation(np.concatenate(drawn))

    def _draw(self, part: int) -> NDArray[np.int64]:
        length, count = self.lengths[part], self.counts[part]
        first, last = self.epoch * count, (self.epoch + 1) * count
        rounds = range(first // length, -(-last // length))
        chain = [np.random.default_rng((self.seed, part, number)).permutation(length) for number in rounds]
        return np.concatenate([np.zeros(0, np.int64), *chain])[first - rounds.start * length :][:count]


def apportion(total: int, weights: Sequence[float]) -> list[int]:
    """Whole numbers in proportion to weights, with the given sum (largest remainders; the earlier one of equal ones).

    >>> apportion(10, [1, 1, 1])
    [4, 3, 3]
    """
    exact = [total * weight / sum(weights) for weight in weights]
    counts = [int(value) for value in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: counts[i] - exact[i])
    for i in by_remainder[: total - sum(counts)]:
        counts[i] += 1
    return counts
