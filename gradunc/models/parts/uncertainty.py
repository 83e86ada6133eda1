"""The finest output of an uncertainty head, where those who read a prediction look for it."""

import torch

from gradunc.ops.evidential import evidence
from gradunc.own_uncertainty import OwnUncertainty
from gradunc.types import DepthPrediction


def with_own_uncertainty(prediction: DepthPrediction, own: OwnUncertainty | None) -> DepthPrediction:
    """A prediction of `uncertainty_scales`, with `log_scale` or the entry of `extras` that belongs to the head.

    Args:
        prediction: of a network of a family.
        own: its uncertainty head; None leaves the prediction as it is.
    """
    if own is None or not prediction.uncertainty_scales:
        return prediction
    raw = prediction.uncertainty_scales[0]
    if own.place == "log_scale":
        return prediction._replace(log_scale=raw)
    values = torch.cat(evidence(raw), 1) if own.kind == "evidential" else raw
    return prediction._replace(extras={**prediction.extras, own.place: values})
