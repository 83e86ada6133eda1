"""Mean and spread of several maps of which each may be unknown at some pixels."""

import torch
from torch import Tensor


class Spread:
    """Running mean and variance at every pixel (Welford 1962): no map is kept, and large values lose no digits.

    Args:
        like: a map (B,1,H,W) of the shape, type and device of those to come.
    """

    def __init__(self, like: Tensor) -> None:
        self.mean, self._squares = torch.zeros_like(like), torch.zeros_like(like)
        self.count = torch.zeros_like(like)
        """(B,1,H,W) how many maps were known at a pixel."""

    def add(self, values: Tensor, known: Tensor | None = None) -> None:
        """Add a map.

        Args:
            values: (B,1,H,W).
            known: (B,1,H,W) bool, True = counts; None = where the map is finite.
        """
        known = values.isfinite() if known is None else known & values.isfinite()
        self.count += known
        step = torch.where(known, values - self.mean, 0.0)
        self.mean += step / self.count.clamp_min(1)
        self._squares += step * torch.where(known, values - self.mean, 0.0)

    @property
    def enough(self) -> Tensor:
        """(B,1,H,W) bool, True = at least two maps were known here."""
        return self.count >= 2

    def std(self) -> Tensor:
        """(B,1,H,W) the unbiased estimate's root, 0 where fewer than two maps were known."""
        return (self._squares / (self.count - 1).clamp_min(1)).clamp_min(0).sqrt()
