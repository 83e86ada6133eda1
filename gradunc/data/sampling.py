"""Samplers that Lightning would otherwise choose wrongly."""

from collections.abc import Iterator, Sized

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
