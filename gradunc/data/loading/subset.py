"""A share of the training samples, drawn without replacement: the same one in every process and at every call."""

import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Dataset

from gradunc.data.loading.mixture import Mixture
from gradunc.types import Sample

STREAM = 0x5B5E7
"""Keeps the draws apart from those of orders with the same seed."""


def subset_indices(total: int, fraction: float, seed: int, part: int = 0) -> NDArray[np.int64]:
    """Indices of a share of the samples, in rising order; at least one.

    Args:
        total: number of samples.
        fraction: share in (0, 1].
        seed: of the draw.
        part: of a mixture, whose parts are drawn apart from one another.

    >>> len(subset_indices(10, 0.25, 0)), subset_indices(3, 1.0, 7).tolist()
    (2, [0, 1, 2])
    """
    count = min(total, max(1, round(fraction * total)))
    drawn = np.random.default_rng((STREAM, seed, part)).permutation(total)[:count]
    return np.sort(drawn)


class Subset(Dataset[Sample]):
    """Some samples of a data set, in their order; their `index` stays that of the whole set.

    Args:
        data: the whole set.
        indices: of the samples.
    """

    def __init__(self, data: Any, indices: NDArray[np.int64]) -> None:
        self.data, self.indices = data, indices
        self.rendered = getattr(data, "rendered", False)
        """Whether the samples are made by a program, and need no look at mistakes."""

    def __len__(self) -> int:
        """How many are left."""
        return len(self.indices)

    def __getitem__(self, index: int) -> Sample:
        """A sample by its place among those that are left."""
        if not 0 <= index < len(self):
            raise IndexError(f"sample {index} of {len(self)}")
        return self.data[int(self.indices[index])]

    def __iter__(self) -> Iterator[Sample]:
        """Every sample once."""
        return (self[position] for position in range(len(self)))

    def name(self, index: int) -> str:
        """Where a sample's image comes from, known without reading it."""
        position = int(self.indices[index])
        return self.data.name(position) if hasattr(self.data, "name") else str(position)

    def prepare(self) -> None:
        """Fill the caches of the whole set: other subsets of it are likely to follow."""
        if hasattr(self.data, "prepare"):
            self.data.prepare()


def subset_of(data: Any, fraction: float, seed: int) -> Any:
    """A share of a data set; of a mixture that share of each part, so that its weights stay."""
    if isinstance(data, Mixture):
        parts = {
            label: Subset(one, subset_indices(len(one), fraction, seed, number))
            for number, (label, one) in enumerate(data.parts.items())
        }
        return Mixture(parts, dict(zip(data.parts, data.weights, strict=True)))
    return Subset(data, subset_indices(len(data), fraction, seed))


def subset_checksum(data: Any) -> str:
    """What tells subsets apart (CRC-32 over the indices); "all" of a set that is whole."""
    parts = list(data.parts.values()) if isinstance(data, Mixture) else [data]
    chosen = [one.indices for one in parts if isinstance(one, Subset)]
    if not chosen:
        return "all"
    total = 0
    for indices in chosen:
        total = zlib.crc32(np.ascontiguousarray(indices, "<i8").tobytes(), total)
    return f"{total:08x}"
