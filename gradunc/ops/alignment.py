"""From a model's output space to depth in metres: what is done to a prediction before it meets the truth.

Every alignment takes the valid pixels of ONE image, so that no image borrows the scale of another.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from gradunc.types import OutputSpace

STEREO_SCALE = 5.4
"""Metres for one unit of depth of a network trained on KITTI stereo: 0.54 m baseline against the 0.1 that
the Monodepth2 convention trains with."""


class Fit(NamedTuple):
    """What an alignment has found on the valid pixels of an image: it makes metres of any prediction of that image."""

    space: OutputSpace
    """What the numbers of the prediction mean."""
    factor: Tensor | float = 1.0
    """Metres for one unit of the depth."""
    slope: Tensor | float = 1.0
    origin: Tensor | float = 0.0
    target: Tensor | float = 0.0
    """In the predicted quantity, before it becomes a depth: target + slope * (prediction - origin)."""
    shifts: bool = False
    """Whether slope, origin and target were fitted: depth is then more than multiplied."""

    def depth(self, prediction: Tensor) -> Tensor:
        """Depth [m] of predictions of any shape in the output space."""
        return to_depth(self.target + self.slope * (prediction - self.origin), self.space) * self.factor


Alignment = Callable[[Tensor, Tensor, OutputSpace], Fit]
"""(truth (n,) [m], prediction (n,) in the output space, output space) -> what makes metres of the prediction."""


def median(values: Tensor) -> Tensor:
    """The median as NumPy defines it: of an even count the mean of the two middle values.

    `torch.median` returns the lower of the two, which moves the scale of small images.

    Args:
        values: (n,) with n > 0.

    Returns:
        A scalar tensor.

    >>> median(torch.tensor([4.0, 1.0, 3.0, 2.0])).item()
    2.5
    """
    ordered = values.sort().values
    last = len(values) - 1
    return (ordered[last // 2] + ordered[(last + 1) // 2]) / 2


def to_depth(prediction: Tensor, space: OutputSpace) -> Tensor:
    """Depth in the unit of the prediction; a disparity <= 0 lies at or beyond infinity, so it becomes +inf.

    Args:
        prediction: any shape, in the output space.
        space: whether it is a depth or a disparity.
    """
    if space.quantity == "depth":
        return prediction
    return torch.where(prediction > 0, 1 / prediction, torch.inf)


def none(truth: Tensor, prediction: Tensor, space: OutputSpace) -> Fit:
    """The prediction as it is: for models whose unit is the metre. Neither truth nor prediction is looked at."""
    return Fit(space)


def median_ratio(truth: Tensor, prediction: Tensor, space: OutputSpace) -> Fit:
    """Scale by median(truth) / median(prediction), both of depth (Zhou et al. 2017).

    Where the median of the prediction is not a positive number there is no ratio; the prediction then stays
    unscaled and the metrics' clamp makes it as bad as it is.
    """
    middle = median(to_depth(prediction, space))
    usable = (middle > 0) & middle.isfinite()
    return Fit(space, torch.where(usable, median(truth) / middle, 1.0))


def least_squares(truth: Tensor, prediction: Tensor, space: OutputSpace) -> Fit:
    """Scale and shift that minimise the squared error (Ranftl et al. 2020), in the predicted quantity.

    A disparity is fitted to 1/truth and inverted afterwards. A constant prediction carries no scale: it
    becomes the mean of the truth.
    """
    target = truth if space.quantity == "depth" else 1 / truth
    centred = prediction - prediction.mean()
    variance = centred.square().sum()
    # The 2x2 normal equations, solved around the means: that keeps the digits that a determinant loses.
    slope = torch.where(variance > 0, (centred * target).sum() / variance, 0.0)
    return Fit(space, slope=slope, origin=prediction.mean(), target=target.mean(), shifts=True)


def stereo(truth: Tensor, prediction: Tensor, space: OutputSpace) -> Fit:
    """Scale by the constant 5.4 of the Monodepth2 stereo convention. Neither truth nor prediction is looked at."""
    return Fit(space, STEREO_SCALE)


ALIGNMENTS: dict[str, Alignment] = {
    "none": none,
    "median": median_ratio,
    "least_squares": least_squares,
    "stereo": stereo,
}
"""Name -> alignment, as written in `EvaluationProtocol.alignment`."""
