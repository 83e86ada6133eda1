"""Calibration of the uncertainties of a data set that have a unit: brought to the unit of the aligned prediction."""

import torch
from torch import Tensor

from gradunc.errors import InputError, unknown
from gradunc.metrics.calibration import coverage, ence, gaussian_nll, interval_error
from gradunc.metrics.image_means import ImageMeans
from gradunc.types import QUANTITIES, Scale

CALIBRATION = ("nll", "ence", "interval_error", "coverage_95")
"""What is measured of each image, see `calibration.py`."""

LEAST = 1e-3
"""Least standard deviation, relative to the true depth.

A laser measures 20 m to 2 cm: no truth is known any better. And where all forward passes agree by chance, sigma = 0
would make the likelihood of the whole image infinite."""


def errors_in(quantity: str, truth: Tensor, prediction: Tensor) -> Tensor:
    """Prediction - truth (n,) in a quantity, float64: [m], [1/m] or the natural logarithm.

    Args:
        quantity: of `QUANTITIES`.
        truth: (n,) true depth [m], > 0.
        prediction: (n,) depth [m], > 0: aligned and clamped.

    Raises:
        InputError: an unknown quantity.
    """
    truth, prediction = truth.double(), prediction.double()
    if quantity == "depth":
        return prediction - truth
    if quantity == "disparity":
        return 1 / prediction - 1 / truth
    if quantity == "log_depth":
        return prediction.log() - truth.log()
    raise unknown("quantity", quantity, QUANTITIES)


def sigma_at(scale: Scale, score: Tensor, factor: Tensor | float) -> Tensor:
    """Standard deviations (n,) in the unit of the aligned prediction, float64.

    Args:
        scale: what the numbers are, in the network's own unit.
        score: (n,) standard deviations or variances, >= 0.
        factor: metres for one unit of the predicted depth: multiplies deviations of depth, divides those of disparity,
            and leaves those of its logarithm.

    Raises:
        InputError: a score, which has no unit, or a scale that does not say its quantity.
    """
    if scale.kind == "score":
        raise InputError("a score has no unit and cannot be calibrated; choose a method that gives a std or a variance")
    std = score.double().clamp_min(0)
    std = std.sqrt() if scale.kind == "variance" else std
    if scale.quantity == "depth":
        return std * factor
    if scale.quantity == "disparity":
        return std / factor
    if scale.quantity == "log_depth":
        return std
    raise unknown("quantity", scale.quantity, QUANTITIES)


def least_sigma(quantity: str, truth: Tensor) -> Tensor:
    """What `LEAST` of the true depth (n,) [m] is in a quantity, (n,) float64."""
    truth = truth.double()
    return LEAST * {"depth": truth, "disparity": 1 / truth}.get(quantity, torch.ones_like(truth))


class Calibration(ImageMeans):
    """Mean over images of `CALIBRATION`; see `ImageMeans`.

    An image is skipped and counted if its alignment is more than a factor: a shift of disparity (least squares) bends
    the unit, and the files of the protocol "published_png" keep none.
    """

    def __init__(self) -> None:
        super().__init__(CALIBRATION)

    def update(
        self,
        truth: Tensor,
        prediction: Tensor,
        uncertainty: Tensor,
        scale: Scale,
        factor: Tensor | float | None,
        number: int | None = None,
    ) -> None:
        """Add one image.

        Args:
            truth: (n,) true depth of the pixels that count [m].
            prediction: (n,) aligned and clamped depth [m].
            uncertainty: (n,) standard deviations or variances, finite, in the network's own unit.
            scale: which of both, and of what.
            factor: `Selection.factor`; None where there is none.
            number: which image it is, unique over all processes; default: the next one.

        Raises:
            InputError: a score, or uncertainties that are not finite.
        """
        sigma = sigma_at(scale, uncertainty, 1.0 if factor is None else factor)
        if not sigma.isfinite().all():
            raise InputError("the uncertainty has NaN or infinite pixels; omit them by the estimate's `valid` mask")
        if factor is None or not len(truth):
            self.skipped += 1
            return
        error = errors_in(scale.quantity, truth, prediction)
        sigma = sigma.maximum(least_sigma(scale.quantity, truth))
        found = [measure(error, sigma) for measure in (gaussian_nll, ence, interval_error, coverage)]
        self.add_row(torch.stack(found), number)
