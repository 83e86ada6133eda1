"""In which order samples are loaded, and by which process."""

from collections.abc import Iterator, Sized

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Sampler


class ShardSampler(Sampler[int]):
    """Every sample exactly once over all processes, in order.

    Lightning's default for several processes repeats samples until the set divides evenly, which counts some images
    twice in a test.
    """

    def __init__(self, data: Sized, processes: int, rank: int) -> None:
        self.indices = range(rank, len(data), processes)

    def __iter__(self) -> Iterator[int]:
        """Indices of this process.

        >>> list(ShardSampler([0] * 5, processes=2, rank=1))
        [1, 3]
        """
        return iter(self.indices)

    def __len__(self) -> int:
        return len(self.indices)


class EpochSampler(Sampler[int]):
    """A new order of all samples in every epoch, each sample in one process only.

    The order is a function of the seed and the epoch. Batch k of all processes together holds the same samples,
    however many processes share it. What is left over when the samples do not divide evenly is left out; it is
    something else in every epoch.

    Args:
        data: the data set.
        processes: that train together.
        rank: of this one.
        seed: of the orders.
    """

    def __init__(self, data: Sized, processes: int, rank: int, seed: int) -> None:
        self.total, self.processes, self.rank, self.seed = len(data), processes, rank, seed
        self.epoch = 0
        self.start = 0
        """Samples of this process at the beginning of the epoch that are passed over."""

    def __iter__(self) -> Iterator[int]:
        """Indices of this process in the present epoch."""
        own = self.order()[: len(self) * self.processes][self.rank :: self.processes]
        return iter(own[self.start :].tolist())

    def order(self) -> NDArray[np.int64]:
        """Indices of the present epoch, of all processes."""
        return np.random.default_rng((self.seed, self.epoch)).permutation(self.total)

    def __len__(self) -> int:
        """Samples of this process in a whole epoch."""
        return self.total // self.processes


def evenly_spread(total: int, count: int) -> set[int]:
    """At most `count` of `total` indices, the middles of equal parts.

    >>> sorted(evenly_spread(100, 4))
    [12, 37, 62, 87]
    """
    count = min(count, total)
    return {round((i + 0.5) * total / count - 0.5) for i in range(count)}
