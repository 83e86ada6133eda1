"""A prediction and its truth, and where they are compared."""

from typing import NamedTuple

import torch
from torch import Tensor

from gradunc.brief import brief_repr
from gradunc.losses.inputs import LossInputs

MIN_DEPTH = 1e-3
"""A linear head may give values <= 0, which have no logarithm [m]."""


class Pair(NamedTuple):
    """Prediction and truth at the truth's resolution."""

    prediction: Tensor
    """(B,1,H,W) [m]."""
    truth: Tensor
    """(B,1,H,W) [m]; 1 where unknown, so that nothing infinite or undefined enters a product with 0."""
    keep: Tensor
    """(B,1,H,W) bool, True = the truth counts."""

    __repr__ = brief_repr

    @property
    def error(self) -> Tensor:
        """(B,1,H,W) prediction minus truth [m], 0 and without gradient where unknown."""
        return torch.where(self.keep, self.prediction - self.truth, 0.0)

    @property
    def log_error(self) -> Tensor:
        """(B,1,H,W) log prediction minus log truth, 0 and without gradient where unknown."""
        prediction = torch.where(self.keep, self.prediction, 1.0).clamp_min(MIN_DEPTH)
        return torch.where(self.keep, prediction.log() - self.truth.log(), 0.0)


def pair(inputs: LossInputs, scale: int) -> Pair:
    """One scale of the prediction, resized to the truth, which is never resized.

    Raises:
        InputError: a data set without true depth.
    """
    truth, keep = inputs.tensor("depth"), inputs.tensor("valid")
    prediction = inputs.depth(scale, (truth.shape[-2], truth.shape[-1]))
    return Pair(prediction, torch.where(keep, truth, 1.0), keep)


def valid_pixels(inputs: LossInputs, scale: int) -> tuple[Tensor, Tensor]:
    """Prediction and truth at the valid pixels of the batch, 1-D each [m], at the truth's resolution."""
    prediction, truth, keep = pair(inputs, scale)
    return prediction[keep], truth[keep]
