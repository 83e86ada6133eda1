"""Ridge regression in closed form, from means and covariances alone."""

import torch
from torch import Tensor

from gradunc.uncertainty.fitted.moments import Moments, varies


def ridge(moments: Moments, strength: float) -> tuple[Tensor, Tensor]:
    """Weights w and bias b of the least mean (w'x + b - y)^2 + strength |S w|^2, S the deviations of the features.

    A feature that does not vary gets the weight 0, and so does a direction that none takes if `strength` is 0.

    Args:
        moments: of rows (x, y), the D features and last the target.
        strength: of the ridge, on features in standard deviations and targets in their own unit.

    Returns:
        (D,) and (), in float64.
    """
    covariance, mean = moments.covariance(correction=0), moments.mean
    std = deviations(moments)[:-1]
    scale = torch.where(std > 0, 1 / std, 0.0)
    correlations = covariance[:-1, :-1] * scale * scale[:, None]
    eigenvalues, vectors = torch.linalg.eigh(correlations)
    least = len(eigenvalues) * torch.finfo(eigenvalues.dtype).eps * eigenvalues.max()
    inverse = torch.where(eigenvalues + strength > least, 1 / (eigenvalues + strength), 0.0)
    weights = scale * (vectors @ (inverse * (vectors.T @ (scale * covariance[:-1, -1]))))
    return weights, mean[-1] - mean[:-1] @ weights


def explained(moments: Moments, weights: Tensor) -> float:
    """Share of the variance of the targets that w'x + b explains, on the rows of the fit; 1 for constant targets."""
    covariance = moments.covariance(correction=0)
    residual = torch.cat([-weights, weights.new_ones(1)])
    total = covariance[-1, -1]
    return 1 - float(residual @ covariance @ residual / total) if total > 0 else 1.0


def deviations(moments: Moments) -> Tensor:
    """Standard deviation of every column, 0 for what varies by rounding alone: (D,)."""
    std = moments.covariance(correction=0).diagonal().clamp_min(0).sqrt()
    return torch.where(varies(std, moments.mean), std, 0.0)
