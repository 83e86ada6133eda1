"""Auxiliary losses: the scalar between prediction and reference whose gradient is read.

Always the mean over the kept pixels of one image, never over the batch: the gradient of the SUM over images is then
the gradient of each image alone (docs/architecture.md, fact 5). A new loss is one function and one line in `LOSSES`.
"""

from typing import Protocol

import torch
from torch import Tensor

from gradunc.errors import InputError
from gradunc.types import DepthPrediction


class AuxiliaryLoss(Protocol):
    """One value per image."""

    def __call__(self, prediction: DepthPrediction, reference: Tensor, keep: Tensor | None) -> Tensor:
        """Prediction, reference depth (B,1,H,W), pixels that count (B,1,H,W) bool or None for all -> (B,)."""
        ...


def masked_mean(values: Tensor, keep: Tensor | None) -> Tensor:
    """Mean per image over the kept pixels, 0 for an image without any: (B,1,H,W), bool -> (B,)."""
    if keep is None:
        return values.flatten(1).mean(1)
    count = keep.flatten(1).sum(1).clamp_min(1)
    return torch.where(keep, values, 0.0).flatten(1).sum(1) / count


def squared(prediction: DepthPrediction, reference: Tensor, keep: Tensor | None) -> Tensor:
    """Mean squared difference of depth (published default; docs/methods.md A.2): (B,)."""
    difference = prediction.depth.float() - reference.float()
    if keep is not None:
        # Before squaring: an infinite difference outside the mask would otherwise leave NaN gradients inside.
        difference = torch.where(keep, difference, 0.0)
    return masked_mean(difference.square(), keep)


def predicted_variance(prediction: DepthPrediction, keep: Tensor | None) -> Tensor:
    """Mean predicted variance exp(2h) of a network with an uncertainty head (docs/methods.md A.2): (B,).

    Raises:
        InputError: the network has no such head.
    """
    if prediction.log_scale is None:
        raise InputError("variance_weight needs a network with an uncertainty head; set variance_weight=0")
    log_scale = prediction.log_scale.float()
    if keep is not None:
        # Before the exponential, for the same reason as in `squared`.
        log_scale = torch.where(keep, log_scale, 0.0)
    return masked_mean((2 * log_scale).exp(), keep)


LOSSES: dict[str, AuxiliaryLoss] = {"squared": squared}
