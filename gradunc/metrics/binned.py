"""Errors of the pixels of a data set in bins: by their true distance, or by the rank of their uncertainty."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from gradunc.brief import brief_repr
from gradunc.metrics.functional import SPARSIFIED, pixel_errors
from gradunc.metrics.image_means import ImageMeans
from gradunc.ops.sorting import ranks

DISTANCES = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0, 40.0, 60.0, 80.0, math.inf)
"""Edges of the bins of true depth [m], the same for all data, so that figures of several can be compared."""
RANKS = tuple(range(0, 101, 10))
"""Edges of the bins of ranks [%] within an image: from the least to the most uncertain tenth."""


class BinErrors(NamedTuple):
    """What was measured in each bin, over the pixels of all images, float64 on the CPU; NaN in an empty bin."""

    pixels: Tensor
    """(bins,) how many."""
    abs_rel: Tensor
    """(bins,) no unit."""
    rmse: Tensor
    """(bins,) [m]."""
    a1: Tensor
    """(bins,) share of the pixels with a ratio below 1.25."""

    __repr__ = brief_repr


class BinnedErrors(ImageMeans):
    """Errors of all pixels of a bin, whichever image they belong to (see `ImageMeans`).

    Unlike in the means of images, an image counts as much as it has pixels in the bin: most images have only a few far
    ones, whose own mean says nothing.

    Args:
        bins: how many.
    """

    def __init__(self, bins: int) -> None:
        kinds = ("pixels", *SPARSIFIED)
        super().__init__([f"{kind}_{place}" for place in range(bins) for kind in kinds])
        self.bins = bins

    def update(
        self,
        truth: Tensor,
        prediction: Tensor,
        places: Tensor,
        number: int | None = None,
        errors: Tensor | None = None,
    ) -> None:
        """Add one image.

        Args:
            truth: (n,) true depth of the pixels that count [m].
            prediction: (n,) aligned and clamped depth [m].
            places: (n,) int64, the bin of each.
            number: which image it is, unique over all processes; default: the next one.
            errors: `pixel_errors(truth, prediction)`, if they are known already.
        """
        if not len(truth):
            self.skipped += 1
            return
        errors = pixel_errors(truth, prediction) if errors is None else errors
        values = torch.cat([torch.ones_like(errors[:1]), errors])
        # Not index_add_, which has no deterministic version on CUDA.
        self.add_row(torch.cat([values[:, places == place].sum(1) for place in range(self.bins)]), number)

    def errors(self) -> BinErrors:
        """What was measured in the images of all processes; every process has to call it."""
        sums = self.per_image().values.sum(0).view(self.bins, -1)
        pixels, (relative, squared, outliers) = sums[:, 0], (sums[:, 1:] / sums[:, :1]).unbind(1)
        return BinErrors(pixels, relative, squared.sqrt(), 1 - outliers)


def distance_bins(truth: Tensor) -> Tensor:
    """The bin of `DISTANCES` that true depths (n,) [m] fall into, int64; an edge belongs to the bin above it.

    >>> distance_bins(torch.tensor([0.1, 0.25, 79.9, 80.0, 1000.0])).tolist()
    [0, 1, 15, 16, 16]
    """
    edges = torch.tensor(DISTANCES[1:-1], dtype=torch.float64, device=truth.device)
    return torch.bucketize(truth.double(), edges, right=True)


def rank_bins(uncertainty: Tensor, bins: int = len(RANKS) - 1) -> Tensor:
    """The bin of the uncertainties (n,) of an image, int64: by default that of `RANKS`, about as many in each.

    The rank is the share of pixels that are less uncertain; equal ones count half, so that they stay in one bin.

    >>> rank_bins(torch.tensor([0.3, 0.1, 0.2, 7.0])).tolist(), rank_bins(torch.ones(3)).tolist()
    ([6, 1, 3, 8], [5, 5, 5])
    """
    # In integers: a rank on an edge must not depend on roundings.
    return (ranks(uncertainty) * bins // (2 * max(len(uncertainty), 1))).clamp(max=bins - 1)
