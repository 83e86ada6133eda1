"""AUSE and AURG of a data set: the mean over images of each image's sparsification."""

from typing import NamedTuple

import torch
from torch import Tensor

from gradunc.brief import brief_repr
from gradunc.metrics.functional import SPARSIFIED, PixelErrors
from gradunc.metrics.image_means import ImageMeans


class SparsificationCurves(NamedTuple):
    """Mean curves of one error over the images, float64 on the CPU; x = 0, 1/intervals, ..., 1."""

    method: Tensor
    """(intervals+1,) error left when the least certain pixels are removed."""
    oracle: Tensor
    """(intervals+1,) the same when the worst pixels are removed."""
    random: Tensor
    """() the error of all pixels: what removing at random leaves."""

    __repr__ = brief_repr


AREAS = tuple(f"{area}_{error}" for error in SPARSIFIED for area in ("ause", "aurg"))
"""What is measured of each image: ause_abs_rel, aurg_abs_rel, ause_rmse, ..., in the unit of the error."""


class Sparsification(ImageMeans):
    """Mean over images of AUSE and AURG for abs_rel, rmse and a1 (see `ImageMeans`), and the mean curves.

    Args:
        intervals: number of steps; 50 is the published protocol.
    """

    curve_totals: Tensor

    def __init__(self, intervals: int = 50) -> None:
        super().__init__(AREAS)
        self.intervals = intervals
        curves = torch.zeros(len(SPARSIFIED), 2, intervals + 1, dtype=torch.float64)
        self.add_state("curve_totals", curves, dist_reduce_fx="sum")

    def update(
        self,
        truth: Tensor,
        prediction: Tensor,
        uncertainty: Tensor,
        errors: PixelErrors | None = None,
        number: int | None = None,
    ) -> None:
        """Add one image.

        Args:
            truth: (n,) true depth of the pixels that count [m].
            prediction: (n,) aligned and clamped depth [m].
            uncertainty: (n,) finite, HIGHER = WORSE.
            errors: `PixelErrors(truth, prediction, intervals)`, if several uncertainties of an image share it.
            number: which image it is, unique over all processes; default: the next one.
        """
        if not len(truth):
            self.skipped += 1
            return
        errors = PixelErrors(truth, prediction, self.intervals) if errors is None else errors
        ranked = errors.rank(uncertainty)
        results = [ranked[name] for name in SPARSIFIED]
        self.add_row(torch.stack([area for one in results for area in (one.ause, one.aurg)]), number)
        self.curve_totals += torch.stack([torch.stack([one.curve, one.oracle]) for one in results])

    def curves(self) -> dict[str, SparsificationCurves]:
        """abs_rel, rmse, a1 -> mean curves over the images of all processes; every process has to call it."""
        with self.sync_context(dist_sync_fn=self.dist_sync_fn):
            means = (self.curve_totals / self.images).cpu()
        return {
            name: SparsificationCurves(method, oracle, method[0])
            for name, (method, oracle) in zip(SPARSIFIED, means, strict=True)
        }
