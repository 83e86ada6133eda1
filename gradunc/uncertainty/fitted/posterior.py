"""The Gaussian posterior of a linear layer's weights, from the sum of products of their features."""

import torch
from torch import Tensor

from gradunc.ops.devices import in_double

STEPS = 100
"""Of the fixed-point iteration for the prior precision; it changes by less than 1e-6 long before."""


def evidence_precision(eigenvalues: Tensor, weights: Tensor) -> float:
    """The prior precision at which the weights are most probable (MacKay, Neural Computation 1992).

    Fixed point of lambda = gamma / |w|^2, gamma = sum of e / (e + lambda): how many weights the data determine.

    Args:
        eigenvalues: (D,) of the data's part H of the precision, at least 0.
        weights: (D,) of the trained layer.
    """
    length = float(in_double(weights).square().sum())
    found = 1.0
    for _ in range(STEPS):
        determined = float((eigenvalues / (eigenvalues + found)).sum())
        found = max(determined, 1e-12) / max(length, 1e-12)
    return found


def covariance_filters(data_precision: Tensor, weights: Tensor, prior_precision: float | None) -> tuple[Tensor, float]:
    """F with Sigma = F'F = (H + lambda I)^-1, so that phi' Sigma phi = |F phi|^2.

    Args:
        data_precision: (D,D) float64, H.
        weights: (D,) of the trained layer.
        prior_precision: lambda; None = `evidence_precision`.

    Returns:
        (D,D) float64, and lambda.
    """
    eigenvalues, vectors = torch.linalg.eigh(data_precision)
    eigenvalues = eigenvalues.clamp_min(0)
    chosen = evidence_precision(eigenvalues, weights) if prior_precision is None else prior_precision
    return vectors.T / (eigenvalues + chosen).sqrt()[:, None], chosen


def temperature(filters: Tensor, rows: Tensor, errors: Tensor) -> float:
    """T that makes T phi' Sigma phi most likely as the variance of held-out errors.

    The Gaussian likelihood has its maximum at T = mean of e^2 / (phi' Sigma phi): millions of pixels that resemble one
    another count in H as if they were independent, so that Sigma alone is far too small.

    Args:
        filters: (D,D), see `covariance_filters`.
        rows: (n,D) features of held-out pixels.
        errors: (n,) in the quantity of the likelihood.

    Returns:
        T; NaN if no pixel has a variance above 0.
    """
    variances = (in_double(rows) @ filters.T).square().sum(1)
    ratios = in_double(errors).square() / variances
    return float(ratios[(variances > 0) & ratios.isfinite()].mean())
