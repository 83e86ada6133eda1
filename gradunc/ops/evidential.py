"""The normal-inverse-gamma distribution of deep evidential regression (Amini et al., NeurIPS 2020)."""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from gradunc.brief import brief_repr

LEAST, ABOVE_ONE = 1e-6, 1e-3
"""Below these nu and beta, and alpha - 1, do not go: at 0 the variances and the likelihood are infinite."""


class Evidence(NamedTuple):
    """What a network says beside its prediction gamma; all of one shape, above 0."""

    nu: Tensor
    """Virtual observations of the mean."""
    alpha: Tensor
    """Above 1: half the virtual observations of the variance, and 1."""
    beta: Tensor
    """In the squared unit of the prediction."""

    __repr__ = brief_repr

    @property
    def aleatoric(self) -> Tensor:
        """E[sigma^2] = beta / (alpha - 1), the variance that the data have."""
        return self.beta / (self.alpha - 1)

    @property
    def epistemic(self) -> Tensor:
        """Var[mu] = beta / (nu (alpha - 1)), the variance of the mean."""
        return self.aleatoric / self.nu


def evidence(raw: Tensor) -> Evidence:
    """Three unbounded outputs (B,3,h,w) -> nu = softplus, alpha = 1 + softplus, beta = softplus, each (B,1,h,w)."""
    positive = F.softplus(raw.float())
    nu, alpha, beta = positive.split(1, 1)
    return Evidence(nu + LEAST, alpha + 1 + ABOVE_ONE, beta + LEAST)


def negative_log_likelihood(error: Tensor, told: Evidence) -> Tensor:
    """-log of the Student-t that the evidence implies: 2 alpha degrees of freedom, scale^2 = beta (1+nu) / (nu alpha).

    Args:
        error: prediction minus truth.
        told: of the same shape.

    >>> import torch
    >>> one = torch.ones(2)
    >>> [round(float(x), 4) for x in negative_log_likelihood(torch.tensor([0.0, 1.0]), Evidence(one, one, one))]
    [1.3863, 1.721]
    """
    nu, alpha, beta = told
    omega = 2 * beta * (1 + nu)
    fit = (alpha + 0.5) * torch.log(nu * error.square() + omega) - alpha * omega.log()
    return fit + 0.5 * (math.pi / nu).log() + torch.lgamma(alpha) - torch.lgamma(alpha + 0.5)


def regularizer(error: Tensor, told: Evidence) -> Tensor:
    """|error| (2 nu + alpha): evidence where the prediction is wrong costs (their equation 9)."""
    return error.abs() * (2 * told.nu + told.alpha)
