"""From a table of features and errors to a linear head, and the scalars that give its answers a unit."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from gradunc.brief import brief_repr
from gradunc.uncertainty.draws import seeded
from gradunc.uncertainty.fitted.error_head.heads import Head, evidential, ridge

SMALLEST_ERROR = 1e-4
"""What is smaller, as a share of the mean error, counts as this: an error of 0 has no logarithm."""


class Fit(NamedTuple):
    """What a table gives."""

    head: Head
    numbers: Mapping[str, Tensor]
    """Scalars that an estimate needs beside the head."""
    finding: str
    """How well it went, for people."""

    __repr__ = brief_repr


def of_log_error(features: Tensor, error: Tensor, strength: float) -> Fit:
    """Ridge regression of log |error|; "factor" makes the mean square of its exponential that of the errors.

    Args:
        features: (n,D).
        error: (n,) prediction minus truth.
        strength: of the ridge.
    """
    size = error.abs()
    target = size.clamp_min(SMALLEST_ERROR * size.mean().clamp_min(torch.finfo(size.dtype).tiny)).log()
    head = ridge(features, target, strength)
    low, high = target.min(), target.max()
    said = head(features)[:, 0].clamp(low, high).exp()
    explained = 1 - (target - said.log()).square().mean() / target.var(correction=0).clamp_min(1e-12)
    factor = (size.square().mean() / said.square().mean()).sqrt()
    finding = f"explains {100 * float(explained):.0f}% of the variance of the log error"
    return Fit(head, {"factor": factor, "low": low, "high": high}, finding)


def of_evidence(features: Tensor, error: Tensor, regularizer: float, steps: int, lr: float, *, seed: int) -> Fit:
    """Evidence around the network's own prediction; "unit" is the root mean square error, of which it is told.

    Args:
        features: (n,D).
        error: (n,) prediction minus truth.
        regularizer: its weight.
        steps: of Adam.
        lr: its step size.
        seed: of what is drawn.
    """
    unit = error.square().mean().sqrt().clamp_min(torch.finfo(error.dtype).tiny)
    with seeded(seed, torch.device("cpu")):
        head, (first, last) = evidential(features, error / unit, regularizer, steps, lr)
    return Fit(head, {"unit": unit}, f"loss {first:.4g} at first, {last:.4g} at last")
