"""What a network says of its own uncertainty, as a variance."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from gradunc.brief import brief_repr
from gradunc.errors import InputError
from gradunc.ops.evidential import Evidence
from gradunc.own_uncertainty import HIGHEST, OwnUncertainty
from gradunc.types import DepthPrediction, Quantity


class OwnSpread(NamedTuple):
    """Variances (B,1,H,W) in the squared unit of `quantity`."""

    quantity: Quantity
    aleatoric: Tensor
    """Of the data."""
    epistemic: Tensor | None
    """Of the mean; None where the network does not separate it."""

    __repr__ = brief_repr

    @property
    def variance(self) -> Tensor:
        """Of both."""
        return self.aleatoric if self.epistemic is None else self.aleatoric + self.epistemic

    @property
    def std(self) -> Tensor:
        """(B,1,H,W) in the unit of `quantity`."""
        return self.variance.sqrt()


def own_spread(model: Any, prediction: DepthPrediction) -> OwnSpread | None:
    """The spread of depth that a network predicts.

    Args:
        model: may have `own_uncertainty`.
        prediction: what it said.

    Returns:
        None for a network without such an output, or with one that is no spread of depth.

    Raises:
        InputError: the prediction lacks the output that the network declares, or has it with a wrong shape.
    """
    own: OwnUncertainty | None = getattr(model, "own_uncertainty", None)
    if own is None or not own.is_spread:
        return None
    told = told_by(own, prediction)
    if own.kind == "evidential":
        parts = Evidence(*told.split(1, 1))
        return OwnSpread(own.quantity, parts.aleatoric, parts.epistemic)
    return OwnSpread(own.quantity, _variance(own, told), None)


def told_by(own: OwnUncertainty, prediction: DepthPrediction) -> Tensor:
    """The output itself, (B,C,H,W) in float32.

    Raises:
        InputError: see `own_spread`.
    """
    found = prediction.log_scale if own.place == "log_scale" else prediction.extras.get(own.place)
    if found is None:
        known = ", ".join(prediction.extras) or "none"
        raise InputError(
            f"the network declares an output '{own.place}' ({own.kind}) that its prediction does not have; its extras: "
            f"{known}"
        )
    if found.ndim != 4 or found.shape[1] != own.channels or found.shape[-2:] != prediction.depth.shape[-2:]:
        raise InputError(
            f"the output '{own.place}' of the network is {tuple(found.shape)}, which must be (B,{own.channels},H,W) of "
            f"the size of its depth, {tuple(prediction.depth.shape)}"
        )
    return found.detach().float()


def _variance(own: OwnUncertainty, told: Tensor) -> Tensor:
    if own.kind in ("laplace", "gaussian"):
        variance = (2 * told.clamp(own.lowest, HIGHEST)).exp()
        return 2 * variance if own.kind == "laplace" else variance
    if own.kind == "log_variance":
        return told.exp()
    # A negative spread is none: its square would pass for a large one.
    positive = torch.where(told < 0, torch.nan, told)
    return positive.square() if own.kind == "std" else positive
