"""AUSE and AURG of a data set: the mean over images of each image's sparsification."""

from typing import NamedTuple

import torch
from torch import Tensor
from torchmetrics import Metric

from gradunc.metrics.depth import warn_if_empty
from gradunc.metrics.functional import SPARSIFIED, PixelErrors


class SparsificationCurves(NamedTuple):
    """Mean curves of one error over the images, float64 on the CPU; x = 0, 1/intervals, ..., 1."""

    method: Tensor
    """(intervals+1,) error left when the least certain pixels are removed."""
    oracle: Tensor
    """(intervals+1,) the same when the worst pixels are removed."""
    random: Tensor
    """() the error of all pixels: what removing at random leaves."""


class Sparsification(Metric):
    """Mean over images of AUSE and AURG for abs_rel, rmse and a1, and the mean curves.

    The states are sums of constant size in float64. Images without a single valid pixel are skipped and
    counted in `skipped`; if there are no others, `compute` warns and returns NaN.

    Args:
        intervals: number of steps; 50 is the published protocol.
    """

    full_state_update = False
    is_differentiable = False
    areas: Tensor
    curve_totals: Tensor
    images: Tensor
    skipped: Tensor

    def __init__(self, intervals: int = 50) -> None:
        super().__init__()
        self.intervals = intervals
        curves = torch.zeros(len(SPARSIFIED), 2, intervals + 1, dtype=torch.float64)
        self.add_state("areas", torch.zeros(len(SPARSIFIED), 2, dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("curve_totals", curves, dist_reduce_fx="sum")
        self.add_state("images", torch.zeros((), dtype=torch.int64), dist_reduce_fx="sum")
        self.add_state("skipped", torch.zeros((), dtype=torch.int64), dist_reduce_fx="sum")

    def update(self, truth: Tensor, prediction: Tensor, uncertainty: Tensor, errors: PixelErrors | None = None) -> None:
        """Add one image.

        Args:
            truth: (n,) true depth of the pixels that count [m].
            prediction: (n,) aligned and clamped depth [m].
            uncertainty: (n,) finite, HIGHER = WORSE.
            errors: `PixelErrors(truth, prediction, intervals)`, if several uncertainties of an image share it.
        """
        if not len(truth):
            self.skipped += 1
            return
        errors = PixelErrors(truth, prediction, self.intervals) if errors is None else errors
        results = errors.rank(uncertainty)
        for row, name in enumerate(SPARSIFIED):
            ause, aurg, curve, oracle = results[name]
            self.areas[row] += torch.stack([ause, aurg])
            self.curve_totals[row] += torch.stack([curve, oracle])
        self.images += 1

    def compute(self) -> dict[str, Tensor]:
        """ause_abs_rel, aurg_abs_rel, ause_rmse, ...: the mean over the images, in the unit of the error."""
        warn_if_empty(self, self.images)
        names = [f"{area}_{error}" for error in SPARSIFIED for area in ("ause", "aurg")]
        return dict(zip(names, (self.areas / self.images).flatten().unbind(), strict=True))

    def curves(self) -> dict[str, SparsificationCurves]:
        """abs_rel, rmse, a1 -> mean curves over the images of all processes; every process has to call it."""
        with self.sync_context(dist_sync_fn=self.dist_sync_fn):
            means = (self.curve_totals / self.images).cpu()
        return {
            name: SparsificationCurves(method, oracle, method[0])
            for name, (method, oracle) in zip(SPARSIFIED, means, strict=True)
        }
