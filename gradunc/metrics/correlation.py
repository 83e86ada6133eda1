"""Spearman's rank correlation of the uncertainty and the error of the pixels of an image (docs/methods.md G.12).

Unlike AUSE it has no unit, and weighs all ranks alike instead of how large the errors are.
"""

import torch
from torch import Tensor

from gradunc.errors import InputError
from gradunc.metrics.functional import PixelErrors
from gradunc.metrics.image_means import ImageMeans
from gradunc.ops.sorting import ranks

CORRELATIONS = ("spearman_abs_rel", "spearman_rmse")
"""What is measured of each image: the correlation with |d - d*| / d* and with |d - d*|."""


def spearman(errors: Tensor, uncertainty: Tensor) -> Tensor:
    """The correlation of the ranks, where equal values share the mean of their ranks.

    Args:
        errors: (n,) finite.
        uncertainty: (n,) finite, HIGHER = WORSE.

    Returns:
        () float64 from -1 to 1, 1 = the more uncertain, the larger the error; NaN if one side is constant.

    Raises:
        InputError: the tensors are not 1-D of one length, or not finite.

    >>> spearman(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, 10.0, 100.0])).item()
    1.0
    """
    if errors.ndim != 1 or errors.shape != uncertainty.shape:
        shapes = tuple(errors.shape), tuple(uncertainty.shape)
        raise InputError(f"errors and uncertainty must be 1-D of one length, got {shapes[0]} and {shapes[1]}")
    return correlation(ranks(_finite(errors, "errors")), ranks(_finite(uncertainty, "uncertainty")))


def correlation(one: Tensor, two: Tensor) -> Tensor:
    """Pearson's correlation of ranks (n,), () float64; NaN if one side is constant."""
    # The mean of ranks is n whatever their ties: taken off in integers, equal ranks become 0 exactly.
    a, b = ((side - len(side)).double() for side in (one, two))
    return ((a * b).sum() / (a.square().sum() * b.square().sum()).sqrt()).clamp(-1, 1)


class RankCorrelation(ImageMeans):
    """Mean over images of `spearman` with both errors of `CORRELATIONS`; see `ImageMeans`.

    Images in which the uncertainty or the error is constant have no correlation: they are skipped and counted.
    """

    def __init__(self) -> None:
        super().__init__(CORRELATIONS)

    def update(
        self,
        truth: Tensor,
        prediction: Tensor,
        uncertainty: Tensor,
        errors: PixelErrors | None = None,
        number: int | None = None,
    ) -> None:
        """Add one image; arguments as of `Sparsification.update`."""
        if not len(truth):
            self.skipped += 1
            return
        errors = PixelErrors(truth, prediction) if errors is None else errors
        own = ranks(_finite(uncertainty, "uncertainty"))
        found = torch.stack([correlation(of_errors, own) for of_errors in errors.ranks])
        if found.isnan().any():
            self.skipped += 1
        else:
            self.add_row(found, number)


def _finite(values: Tensor, name: str) -> Tensor:
    if not values.isfinite().all():
        raise InputError(f"the {name} has NaN or infinite pixels; omit them by the estimate's `valid` mask")
    return values
