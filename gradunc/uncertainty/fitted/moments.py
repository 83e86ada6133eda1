"""Mean and covariance of rows that come one after another, in float64."""

import torch
from torch import Tensor

from gradunc.ops.devices import in_double

STEADY = 1e-4
"""What varies by less than this share of its mean is constant.

Features are rounded by 1e-6 of their mean on their way through a network, by other amounts on another processor or in a
batch of another size: a head on what varies by little more has learned rounding.
"""


def varies(std: Tensor, mean: Tensor) -> Tensor:
    """(D,) where features vary by more than rounding."""
    return std > STEADY * mean.abs().clamp_min(1e-9)


class Moments:
    """Mean and products of centred rows, updated together (Chan et al. 1983), so that large means cost no digits."""

    def __init__(self) -> None:
        self.count = 0
        """Rows so far."""
        self._mean = self._products = torch.zeros((), dtype=torch.float64)

    def add(self, rows: Tensor) -> None:
        """Take (n,D) finite rows in."""
        rows = in_double(rows)
        if len(rows):
            mean = rows.mean(0)
            centred = rows - mean
            self._join(len(rows), mean, centred.T @ centred)

    def merged(self, other: "Moments") -> "Moments":
        """Of the rows of both."""
        found = Moments()
        for one in (self, other):
            if one.count:
                found._join(one.count, one._mean, one._products)
        return found

    @property
    def mean(self) -> Tensor:
        """(D,)."""
        return self._mean

    def covariance(self, correction: int = 1) -> Tensor:
        """(D,D), of at least one row; `correction` is what is taken off the number of rows, 1 or 0."""
        return self._products / max(self.count - correction, 1)

    def _join(self, count: int, mean: Tensor, products: Tensor) -> None:
        step = mean - self._mean.to(mean.device)
        total = self.count + count
        between = torch.outer(step, step) * (self.count * count / total)
        self._products = self._products.to(mean.device) + products + between
        self._mean = self._mean.to(mean.device) + step * (count / total)
        self.count = total
