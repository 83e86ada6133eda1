"""Many uncertainties of an image against the same truth: what they share is computed once."""

from typing import NamedTuple

import torch
from torch import Tensor

from gradunc.metrics.ause import Sparsification
from gradunc.metrics.binned import BinnedErrors, distance_bins, rank_bins
from gradunc.metrics.calibrated import Calibration
from gradunc.metrics.correlation import RankCorrelation
from gradunc.metrics.depth import DepthErrors
from gradunc.metrics.functional import PixelErrors, SparsificationResult
from gradunc.metrics.protocol import EvaluationProtocol, Selection
from gradunc.types import OutputSpace, Scale


class Compared(NamedTuple):
    """What of an image was compared with its truth."""

    pixels: int
    """That count."""
    non_finite: int
    """Predictions at them that were NaN or infinite."""


class RankedImage:
    """One image, ready to be compared with its truth and to rank any number of uncertainty maps of its prediction.

    Pixels, alignment and oracle curves are kept as long as the uncertainties are known at the same pixels.

    Args:
        protocol: alignment, range and crop.
        truth: (1,H,W) true depth [m], 0 where unknown.
        prediction: (1,H,W) in the output space, at the size of the truth.
        valid: (1,H,W) bool, True = the truth counts.
        space: what the numbers of the prediction mean.
        number: under which metrics keep what they measure; default: the next one.
    """

    def __init__(
        self,
        protocol: EvaluationProtocol,
        truth: Tensor,
        prediction: Tensor,
        valid: Tensor,
        space: OutputSpace,
        number: int | None = None,
    ) -> None:
        self.number = number
        self.protocol, self.truth, self.prediction, self.valid, self.space = protocol, truth, prediction, valid, space
        self._usable: Tensor | None = None
        self._selection: Selection | None = None
        self._errors: PixelErrors | None = None

    def add_depth(self, metric: DepthErrors, bins: BinnedErrors | None = None) -> Compared:
        """Add the prediction to a metric, and to the errors in bins of `DISTANCES`."""
        selection = self.select()
        metric.update(selection.truth, selection.prediction, self.number)
        if bins is not None:
            bins.update(selection.truth, selection.prediction, distance_bins(selection.truth), self.number)
        return Compared(len(selection.truth), int(selection.non_finite))

    def add(self, metric: Sparsification, uncertainty: Tensor, known: Tensor, bins: BinnedErrors | None = None) -> None:
        """Add an uncertainty to a metric.

        Args:
            metric: of one method.
            uncertainty: (H,W), higher = worse.
            known: (H,W) bool, True = the uncertainty is known here.
            bins: errors in bins of `RANKS`, of the same method.
        """
        selection = self.select(known)
        score, errors = uncertainty[selection.keep], self._pixel_errors(selection, metric.intervals)
        metric.update(selection.truth, selection.prediction, score, errors, self.number)
        if bins is not None:
            known_errors = None if errors is None else errors.per_pixel
            bins.update(selection.truth, selection.prediction, rank_bins(score), self.number, known_errors)

    def add_correlation(self, metric: RankCorrelation, uncertainty: Tensor, known: Tensor) -> None:
        """Add an uncertainty (H,W), higher = worse, where it is known (H,W)."""
        selection = self.select(known)
        errors = self._pixel_errors(selection)
        metric.update(selection.truth, selection.prediction, uncertainty[selection.keep], errors, self.number)

    def add_calibration(self, metric: Calibration, uncertainty: Tensor, known: Tensor, scale: Scale) -> None:
        """Add an uncertainty (H,W) that has a unit, where it is known (H,W); `scale` says what its numbers are."""
        chosen = self.select(known)
        score = uncertainty[chosen.keep]
        metric.update(chosen.truth, chosen.prediction, score, scale, chosen.factor, self.number)

    def rank(self, uncertainty: Tensor, known: Tensor, intervals: int = 50) -> dict[str, SparsificationResult] | None:
        """Sparsify by an uncertainty (H,W), higher = worse, where it is known (H,W); None without a pixel that counts.

        See `sparsification`.
        """
        selection = self.select(known)
        errors = self._pixel_errors(selection, intervals)
        return None if errors is None else errors.rank(uncertainty[selection.keep])

    def select(self, known: Tensor | None = None) -> Selection:
        """The pixels that count, aligned; of them those where an uncertainty is `known` (H,W), default: all."""
        usable = self.valid if known is None else self.valid & known[None]
        if self._selection is None or self._usable is None or not torch.equal(usable, self._usable):
            self._selection = self.protocol.select(self.truth, self.prediction, usable, self.space)
            self._usable, self._errors = usable, None
        return self._selection

    def _pixel_errors(self, selection: Selection, intervals: int | None = None) -> PixelErrors | None:
        """Of the present selection, computed once; None without a pixel. Without `intervals`: of any."""
        if len(selection.truth) and (self._errors is None or intervals not in (None, self._errors.intervals)):
            self._errors = PixelErrors(selection.truth, selection.prediction, intervals or 50)
        return self._errors
