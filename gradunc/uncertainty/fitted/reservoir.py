"""A random part of rows that come one after another, in bounded memory."""

import torch
from torch import Tensor


class Reservoir:
    """Keeps `size` rows of all that were added, each with the same probability; reproducible.

    Every row gets a random number, and the rows with the smallest ones stay.

    Args:
        size: rows that are kept at most.
        seed: of the random numbers.
    """

    def __init__(self, size: int, seed: int) -> None:
        self.size = size
        self._generator = torch.Generator().manual_seed(seed)
        self._keys = torch.zeros(0)
        self._rows: Tensor | None = None

    def add(self, rows: Tensor) -> None:
        """Offer rows (n,D), which stay on their device."""
        keys = torch.rand(len(rows), generator=self._generator)
        if len(self._keys) == self.size:
            # Most of many rows cannot stay: to sort them all would take the time.
            may_stay = (keys < self._keys.max()).nonzero()[:, 0]
            keys, rows = keys[may_stay], rows[may_stay.to(rows.device)]
        keys = torch.cat([self._keys, keys])
        rows = rows if self._rows is None else torch.cat([self._rows, rows])
        kept = keys.argsort()[: self.size].sort().values
        self._keys, self._rows = keys[kept], rows[kept.to(rows.device)]

    @property
    def rows(self) -> Tensor:
        """(at most size, D) in the order in which they came; (0,0) if nothing was added."""
        return torch.zeros(0, 0) if self._rows is None else self._rows
