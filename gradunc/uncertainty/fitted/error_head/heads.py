"""Fitting a linear head to a table of features and errors: in closed form, or by evidence.

A head is a weight (O,D) and a bias (O,) on features as they are; inside of a fit they are standardised.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from gradunc.brief import brief_repr
from gradunc.ops.evidential import evidence, negative_log_likelihood, regularizer
from gradunc.uncertainty.fitted.moments import varies
from gradunc.uncertainty.fitted.training import train

ROWS = 2**14
"""Rows that are in float64 at a time."""

BATCH = 4096
"""Rows in a step of Adam."""


class Head(NamedTuple):
    """A linear map of features."""

    weight: Tensor
    """(O,D)."""
    bias: Tensor
    """(O,)."""

    __repr__ = brief_repr

    def __call__(self, features: Tensor) -> Tensor:
        """(n,D) -> (n,O)."""
        return features @ self.weight.T + self.bias


class Standard(NamedTuple):
    """Mean and standard deviation of every feature, infinite for one that is constant; (D,) float64."""

    mean: Tensor
    std: Tensor

    __repr__ = brief_repr

    @classmethod
    def of(cls, features: Tensor) -> "Standard":
        """Of (n,D)."""
        mean = torch.stack([part.double().sum(0) for part in features.split(ROWS)]).sum(0) / len(features)
        squares = [(part.double() - mean).square().sum(0) for part in features.split(ROWS)]
        std = (torch.stack(squares).sum(0) / len(features)).sqrt()
        return cls(mean, torch.where(varies(std, mean), std, torch.inf))

    def __call__(self, features: Tensor) -> Tensor:
        """(n,D) in standard deviations, float64."""
        return (features.double() - self.mean) / self.std

    def undone(self, weight: Tensor, bias: Tensor) -> Head:
        """A head on standardised features as one on the features as they are."""
        weight = weight.double() / self.std
        return Head(weight.float(), (bias.double() - weight @ self.mean).float())


def ridge(features: Tensor, target: Tensor, strength: float) -> Head:
    """The exact minimum of mean (w'z + b - y)^2 + strength |w|^2, z = standardised features.

    Args:
        features: (n,D).
        target: (n,).
        strength: of the ridge; the bias has none.
    """
    standard, middle = Standard.of(features), target.double().mean()
    count = features.shape[1]
    moments, products = torch.zeros(count, count, dtype=torch.float64), torch.zeros(count, dtype=torch.float64)
    for part, values in zip(features.split(ROWS), target.split(ROWS), strict=True):
        rows = standard(part)
        moments += rows.T @ rows
        products += rows.T @ (values.double() - middle)
    system = moments / len(features) + strength * torch.eye(count, dtype=torch.float64)
    # Features may repeat one another: without a ridge the smallest of all solutions.
    weight = torch.linalg.lstsq(system, (products / len(features))[:, None], driver="gelsd").solution[:, 0]
    return standard.undone(weight[None], middle[None])


def evidential(
    features: Tensor, error: Tensor, weight: float, steps: int, lr: float
) -> tuple[Head, tuple[float, float]]:
    """nu, alpha and beta (three outputs) of errors of order 1, by Adam; draws from the current random state.

    Args:
        features: (n,D).
        error: (n,) prediction minus truth, gamma being the prediction of the network.
        weight: of the regulariser.
        steps: of Adam.
        lr: its step size.

    Returns:
        The head, and the loss at first and at last.
    """
    standard = Standard.of(features)
    linear = nn.Linear(features.shape[1], 3)
    nn.init.zeros_(linear.weight)
    nn.init.zeros_(linear.bias)

    def loss() -> Tensor:
        rows = torch.randint(len(features), (min(BATCH, len(features)),))
        told = evidence(linear(standard(features[rows]).float())[..., None, None])
        wrong = error[rows].view(-1, 1, 1, 1)
        return (negative_log_likelihood(wrong, told) + weight * regularizer(wrong, told)).mean()

    losses = train(linear, loss, steps, lr, "error head learns")
    return standard.undone(linear.weight, linear.bias), losses
