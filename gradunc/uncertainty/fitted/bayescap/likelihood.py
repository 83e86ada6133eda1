"""The generalised Gaussian of BayesCap (Upadhyay et al., ECCV 2022): its likelihood and its standard deviation.

p(y) = beta / (2 alpha Gamma(1/beta)) exp(-(|y~ - y| / alpha)^beta): beta = 2 is a Gaussian, beta = 1 a Laplace
distribution.
"""

import math

import torch
from torch import Tensor

SMALLEST_BETA = 0.1
"""Below it the standard deviation is no number in float32: alpha sqrt(Gamma(3/beta) / Gamma(1/beta))."""

SMALLEST_ERROR = 1e-6
"""What is smaller counts as this and has no gradient: that of a power below 1 is infinite at 0."""

LARGEST_POWER = 1e3
"""From here on the power grows with its logarithm only: one outlier cannot take the whole step."""

RELEASED_RANGE = (1e-4, 1e3)
"""To which the published program clamps its product."""


def paper(error: Tensor, inverse_alpha: Tensor, beta: Tensor) -> Tensor:
    """-log p, exactly where |e| >= `SMALLEST_ERROR` and (|e| / alpha)^beta <= `LARGEST_POWER`.

    Args:
        error: y~ - y, any shape.
        inverse_alpha: 1/alpha > 0, of the same shape.
        beta: of the same shape, at least `SMALLEST_BETA`.
    """
    exponent = beta * (error.abs().clamp_min(SMALLEST_ERROR).log() + inverse_alpha.log())
    top = math.log(LARGEST_POWER)
    power = exponent.clamp_max(top).exp() + LARGEST_POWER * (exponent - top).clamp_min(0)
    return power + _normalisation(inverse_alpha, beta) + math.log(2)


def released(error: Tensor, inverse_alpha: Tensor, beta: Tensor) -> Tensor:
    """What the published program minimises: the product |e| beta / alpha, clamped, in the place of the power.

    No likelihood of e: beta goes to 0.684, where Gamma(1/beta) is least, whatever the errors are, and alpha to
    beta mean |e|.
    """
    return (error.abs() * inverse_alpha * beta).clamp(*RELEASED_RANGE) + _normalisation(inverse_alpha, beta)


def std(inverse_alpha: Tensor, beta: Tensor) -> Tensor:
    """sqrt(alpha^2 Gamma(3/beta) / Gamma(1/beta)) in the unit of the error; any shape, beta >= `SMALLEST_BETA`."""
    return (0.5 * (torch.lgamma(3 / beta) - torch.lgamma(1 / beta))).exp() / inverse_alpha


def _normalisation(inverse_alpha: Tensor, beta: Tensor) -> Tensor:
    """-log(beta / alpha) + log Gamma(1/beta)."""
    return torch.lgamma(1 / beta) - (beta * inverse_alpha).log()


LIKELIHOOD = {"paper": paper, "released": released}
