"""One number per image: is the whole image of a kind that the network does not know?"""

import torch
from torch import Tensor

from gradunc.errors import InputError
from gradunc.types import UncertaintyEstimate

IMAGE_SCORES = ("mean", "p95", "log_mean", "loss")
"""The keys of `image_scores`."""


def image_scores(estimate: UncertaintyEstimate) -> dict[str, Tensor]:
    """Scores for the detection of images from another distribution, higher = more foreign.

    Of the raw magnitude of the scores of layers (reduced gradients, or the density of features) at their own
    resolution, never of a normalised map, whose range is the same for every image: `mean` over the cells, `p95` the
    95th percentile (linear interpolation), `log_mean` the mean of the logarithm. Over several layers: the geometric
    mean of their scores, for `log_mean` the mean, because gradients of layers have no common unit. `loss` is the
    auxiliary loss of a gradient estimator itself, which needs no gradient. Cells that are not finite do not count; an
    image without any other has NaN.

    Args:
        estimate: with `layers`, as gradient estimators, `FeatureDensity` and `Student` give it.

    Returns:
        Name of `IMAGE_SCORES` -> (B,) float64, without `loss` where there is none.

    Raises:
        InputError: an estimate without layers.
    """
    if not estimate.layers:
        raise InputError(
            "image scores need an estimate with scores of layers; use method=gradient, feature_density or student"
        )
    logs = [_logs_of_layer(layer) for layer in estimate.layers.values()]
    mean, p95, log_mean = torch.stack(logs).mean(0).unbind()
    loss = {} if estimate.loss is None else {"loss": estimate.loss.double()}
    return {"mean": mean.exp(), "p95": p95.exp(), "log_mean": log_mean, **loss}


def _logs_of_layer(layer: Tensor) -> Tensor:
    """(B,1,h,w) -> (3,B): logarithms of mean and percentile, mean of the logarithms."""
    cells = layer.detach().flatten(1).double().abs()
    cells = torch.where(cells.isfinite(), cells, torch.nan)
    # Some gradients are exactly 0.
    smallest = torch.finfo(torch.float32).tiny
    percentile = cells.nanquantile(0.95, dim=1)
    logs = cells.clamp_min(smallest).log()
    return torch.stack([*(x.clamp_min(smallest).log() for x in (cells.nanmean(1), percentile)), logs.nanmean(1)])
