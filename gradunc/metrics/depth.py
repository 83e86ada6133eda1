"""The depth errors of a data set: the mean over images of each image's errors."""

import warnings

import torch
from torch import Tensor
from torchmetrics import Metric

from gradunc.metrics.functional import DEPTH_ERRORS, depth_errors


class DepthErrors(Metric):
    """Mean over images of the errors of `depth_errors`; images with few and many pixels count alike.

    The states are sums in float64, so memory is constant and processes add up exactly. Images without a
    single valid pixel are skipped and counted in `skipped`; if there are no others, `compute` warns and
    returns NaN.
    """

    full_state_update = False
    is_differentiable = False
    totals: Tensor
    images: Tensor
    skipped: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("totals", torch.zeros(len(DEPTH_ERRORS), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("images", torch.zeros((), dtype=torch.int64), dist_reduce_fx="sum")
        self.add_state("skipped", torch.zeros((), dtype=torch.int64), dist_reduce_fx="sum")

    def update(self, truth: Tensor, prediction: Tensor) -> None:
        """Add one image.

        Args:
            truth: (n,) true depth of the pixels that count [m].
            prediction: (n,) aligned and clamped depth [m].
        """
        if not len(truth):
            self.skipped += 1
            return
        errors = depth_errors(truth, prediction)
        self.totals += torch.stack([errors[name] for name in DEPTH_ERRORS])
        self.images += 1

    def compute(self) -> dict[str, Tensor]:
        """Name -> mean over the images, in the order and the units of `depth_errors`."""
        warn_if_empty(self, self.images)
        return dict(zip(DEPTH_ERRORS, (self.totals / self.images).unbind(), strict=True))


def warn_if_empty(metric: Metric, images: Tensor) -> None:
    """Say why a result is NaN: `metric` has seen no image with a valid pixel."""
    if not images:
        warnings.warn(
            f"{type(metric).__name__} has seen no image with a valid pixel: its results are NaN", stacklevel=3
        )
