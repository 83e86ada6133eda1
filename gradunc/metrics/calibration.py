"""How far standard deviations are from the errors that they announce, as pure functions on the pixels of an image.

All take errors and standard deviations of ONE quantity: that of the estimate's `Scale`, in the unit of the aligned
prediction (docs/methods.md G.13). `calibrated.py` brings both there.
"""

from statistics import NormalDist

import torch
from torch import Tensor

from gradunc.errors import InputError
from gradunc.metrics.binned import rank_bins

LEVELS = tuple(k / 20 for k in range(1, 20))
"""Of the intervals that are checked: 0.05, 0.1, ..., 0.95."""

BINS = 20
"""Of `ence`."""


def gaussian_nll(error: Tensor, sigma: Tensor) -> Tensor:
    """Mean negative log-likelihood of the errors under N(0, sigma^2) [nats], lower is better.

    It depends on the unit: figures of different quantities cannot be compared.

    Args:
        error: (n,) of the prediction, n > 0.
        sigma: (n,) > 0, in the same unit.

    >>> round(gaussian_nll(torch.zeros(2), torch.ones(2)).item(), 4)  # log(2 pi) / 2
    0.9189
    """
    error, sigma = _pixels(error, sigma)
    return (0.5 * (2 * torch.pi * sigma.square()).log() + 0.5 * (error / sigma).square()).mean()


def ence(error: Tensor, sigma: Tensor, bins: int = BINS) -> Tensor:
    """Expected normalised calibration error (Levi et al., Sensors 2022), 0 is best.

    Mean over bins of |RMV - RMSE| / RMV, with RMV the root of the mean variance and RMSE that of the mean squared error
    of the pixels of a bin.

    Args:
        error: (n,) of the prediction, n > 0.
        sigma: (n,) > 0, in the same unit.
        bins: by rank of sigma, as many pixels in each; equal ones stay in one bin, so that some may be left empty and
            do not count.
    """
    error, sigma = _pixels(error, sigma)
    places, squares = rank_bins(sigma, bins), torch.stack([sigma.square(), error.square()])
    # Not index_add_, which has no deterministic version on CUDA.
    means = torch.stack([squares[:, places == place].mean(1) for place in places.unique().tolist()], 1)
    expected, found = means.sqrt()
    return ((expected - found).abs() / expected).mean()


def interval_error(error: Tensor, sigma: Tensor) -> Tensor:
    """Mean over `LEVELS` of |share of errors inside of the central interval of that level - level|, 0 is best.

    The intervals are those of N(0, sigma^2), as Kuleshov et al., ICML 2018, have them.

    Args:
        error: (n,) of the prediction, n > 0.
        sigma: (n,) > 0, in the same unit.
    """
    ratio = _ratio(error, sigma)
    edges = torch.tensor([_reach(level) for level in LEVELS], dtype=torch.float64, device=ratio.device)
    inside = torch.bucketize(ratio, edges).bincount(minlength=len(LEVELS) + 1)[:-1].cumsum(0)
    return (inside.double() / len(ratio) - edges.new_tensor(LEVELS)).abs().mean()


def coverage(error: Tensor, sigma: Tensor, level: float = 0.95) -> Tensor:
    """() share of errors inside of the central interval of N(0, sigma^2); best is the level itself.

    Args:
        error: (n,) of the prediction, n > 0.
        sigma: (n,) > 0, in the same unit.
        level: between 0 and 1.
    """
    return (_ratio(error, sigma) <= _reach(level)).double().mean()


def _reach(level: float) -> float:
    """Half the width of the central interval, in standard deviations."""
    return NormalDist().inv_cdf((1 + level) / 2)


def _ratio(error: Tensor, sigma: Tensor) -> Tensor:
    error, sigma = _pixels(error, sigma)
    return error.abs() / sigma


def _pixels(error: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
    shapes = tuple(error.shape), tuple(sigma.shape)
    if error.ndim != 1 or shapes[0] != shapes[1] or not len(error):
        raise InputError(f"error and sigma must be 1-D of one length > 0, got {shapes[0]} and {shapes[1]}")
    return error.double(), sigma.double()
