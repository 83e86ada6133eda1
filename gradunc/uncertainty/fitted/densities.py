"""Two measures of how unlike those seen before a feature vector is, learned from rows in one pass."""

from collections.abc import Mapping
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from gradunc.ops.devices import in_double
from gradunc.uncertainty.fitted.moments import Moments
from gradunc.uncertainty.fitted.reservoir import Reservoir

AT_ONCE = 2**24
"""Distances that are computed together."""


class Density(Protocol):
    """Learns from rows, then scores rows; higher = less like those that it has learned from."""

    def add(self, rows: Tensor) -> None:
        """Learn from (n,C) finite rows."""
        ...

    def learned(self) -> dict[str, Tensor]:
        """What `score` needs."""
        ...

    def score(self, rows: Tensor, learned: Mapping[str, Tensor]) -> Tensor:
        """(n,C) -> (n,)."""
        ...


class Gaussian:
    """Mahalanobis distance over the root of C: 1 on average (root mean square) over what it has learned from.

    Covariance (1 - a) S + a trace(S)/C I, S the covariance of the rows: few images leave many directions unseen.

    Args:
        shrinkage: a, in [0,1].
    """

    def __init__(self, shrinkage: float) -> None:
        self.shrinkage = shrinkage
        self._moments = Moments()

    def add(self, rows: Tensor) -> None:
        """See `Density`."""
        self._moments.add(rows)

    def learned(self) -> dict[str, Tensor]:
        """See `Density`."""
        whitening = whitening_of(self._moments.covariance(), self.shrinkage)
        return {"mean": self._moments.mean.float(), "whitening": whitening.float()}

    def score(self, rows: Tensor, learned: Mapping[str, Tensor]) -> Tensor:
        """See `Density`."""
        return ((rows - learned["mean"]) @ learned["whitening"].T).norm(dim=1)


def whitening_of(covariance: Tensor, shrinkage: float) -> Tensor:
    """W (n,n) in float64 with |W x| = sqrt(x' C^-1 x / n), C the covariance (n,n) shrunk as `Gaussian` says."""
    channels = len(covariance)
    level = covariance.diagonal().mean().clamp_min(torch.finfo(torch.float32).tiny)
    flat = level * torch.eye(channels, dtype=torch.float64, device=covariance.device)
    eigenvalues, vectors = torch.linalg.eigh((1 - shrinkage) * covariance + shrinkage * flat)
    # Without shrinkage, directions in which nothing varies would weigh infinitely much.
    return vectors.T / (eigenvalues.clamp_min(1e-9 * level) * channels).sqrt()[:, None]


class Neighbours:
    """Distance to the k-th nearest of the kept rows, all of length 1 or 0 (Sun et al., ICML 2022): between 0 and 2.

    Args:
        k: which neighbour.
        bank: rows that are kept at most.
        seed: of their choice.
    """

    def __init__(self, k: int, bank: int, seed: int) -> None:
        self.k = k
        self._bank = Reservoir(bank, seed)

    def add(self, rows: Tensor) -> None:
        """See `Density`."""
        self._bank.add(F.normalize(rows.float(), dim=1))

    def learned(self) -> dict[str, Tensor]:
        """See `Density`."""
        return {"bank": self._bank.rows}

    def score(self, rows: Tensor, learned: Mapping[str, Tensor]) -> Tensor:
        """See `Density`; of a bank with fewer than k rows the farthest counts."""
        # |a - b|^2 = aa + bb - 2 ab: in float64, or small distances would lose half of their digits. Rows of zeros,
        # as behind a ReLU, have no direction; they stay 0, at 0 from one another and at 1 from all others.
        bank, own = (F.normalize(in_double(one), dim=1) for one in (learned["bank"], rows))
        k, lengths = min(self.k, len(bank)), bank.square().sum(1)
        parts = [
            one.square().sum(1) + (lengths - 2 * one @ bank.T).topk(k, dim=1, largest=False).values[:, -1]
            for one in own.split(max(1, AT_ONCE // len(bank)))
        ]
        return torch.cat(parts).clamp_min(0).sqrt().to(rows)
