"""Several data sets as one, and the order in which training draws from them by weight."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from gradunc.data.loading.failures import shuffled
from gradunc.data.loading.sampling import EpochSampler
from gradunc.errors import InputError
from gradunc.types import Sample


class Mixture(Dataset[Sample]):
    """The samples of several data sets one after another.

    A position p in 0..n-1 may be asked for as p + k n: the same sample, with that number as its `index`. By k training
    tells the repetitions of a sample within an epoch apart, so that each is augmented in another way.

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
        """The sample of one part, which `part` tells; its `index` is the number asked for."""
        data, position = self._place(index)
        sample: Sample = data[position]
        number = self._part(index % len(self))
        if "scene" in sample:
            # Two parts may call theirs alike.
            sample = {**sample, "scene": f"{list(self.parts)[number]}/{sample['scene']}"}
        return {**sample, "index": torch.tensor(index), "part": torch.tensor(number)}

    def __iter__(self) -> Iterator[Sample]:
        """Every sample once."""
        return (self[position] for position in range(len(self)))

    def alternatives(self, index: int) -> Iterator[int]:
        """Positions to stand for a sample that cannot be read: of its own part, so that weights stay, then others."""
        position = index % len(self)
        number = self._part(position)
        start, stop = self._ends[number] - self.lengths[number], self._ends[number]
        yield from shuffled(position, start, stop)
        yield from (other for other in shuffled(position, 0, len(self)) if not start <= other < stop)

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
        if index < 0:
            raise IndexError(f"sample {index} of {len(self)}")
        position = index % len(self)
        number = self._part(position)
        return list(self.parts.values())[number], position - self._ends[number] + self.lengths[number]

    def _part(self, position: int) -> int:
        return bisect_right(self._ends, position)


class MixtureSampler(EpochSampler):
    """As many samples as the parts have together, a fixed number of each part by its weight, in a new order per epoch.

    Every part goes through a permutation of its samples, from epoch to epoch where the last one ended, and then through
    another: no sample is drawn a second time before all others of its part were drawn once. What an epoch draws again
    is asked for by another number, see `Mixture`.

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
        """Positions of the present epoch, of all processes, plus n times how often the epoch has drawn them before."""
        starts = [0, *accumulate(self.lengths)]
        drawn = np.concatenate([start + self._draw(part) for part, start in enumerate(starts[:-1])])
        numbers = drawn + self.total * repetitions(drawn)
        return np.random.default_rng((self.seed, self.epoch)).permutation(numbers)

    def _draw(self, part: int) -> NDArray[np.int64]:
        length, count = self.lengths[part], self.counts[part]
        first, last = self.epoch * count, (self.epoch + 1) * count
        rounds = range(first // length, -(-last // length))
        chain = [np.random.default_rng((self.seed, part, number)).permutation(length) for number in rounds]
        return np.concatenate([np.zeros(0, np.int64), *chain])[first - rounds.start * length :][:count]


def repetitions(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """How often each value stands before itself.

    >>> repetitions(np.array([3, 5, 3, 3, 5])).tolist()
    [0, 0, 1, 2, 1]
    """
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    result = np.empty_like(values)
    result[order] = np.arange(len(values)) - np.searchsorted(ordered, ordered)
    return result


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
