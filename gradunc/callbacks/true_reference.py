"""The true depth of a batch as the reference of an estimator that awaits one."""

from collections.abc import Mapping
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from gradunc.ops.truth import own_truth
from gradunc.types import OutputSpace, Sample, UncertaintyEstimator
from gradunc.uncertainty.interface import awaits_depth


def true_reference(estimator: UncertaintyEstimator, batch: Any) -> dict[str, Tensor]:
    """`reference` (B,1,h,w) for an estimator that awaits one: the truth at the size of the image, 0 = unknown.

    In the output space of the network; the nearest pixel is taken, so that unknown stays unknown. Nothing for other
    estimators and for batches without truth.
    """
    if not awaits_depth(estimator) or not isinstance(batch, Mapping) or "depth" not in batch:
        return {}
    size = batch["image"].shape[-2:]
    known = (torch.where(valid, depth, 0.0)[None] for depth, valid in own_truth(cast(Sample, batch)))
    truth = torch.cat([F.interpolate(one, size, mode="nearest") for one in known])
    space = getattr(getattr(estimator, "model", None), "output_space", OutputSpace())
    if space.quantity == "disparity":
        truth = torch.where(truth > 0, 1 / truth, 0.0)
    return {"reference": truth}
