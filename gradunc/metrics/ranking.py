"""Many uncertainties of the same images against the same truth: what they share is computed once."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from gradunc.metrics.at_truth import DepthMaps, at_truth, score_at_truth
from gradunc.metrics.ause import Sparsification
from gradunc.metrics.binned import BinnedErrors, distance_bins, rank_bins
from gradunc.metrics.depth import DepthErrors
from gradunc.metrics.functional import PixelErrors, SparsificationResult
from gradunc.metrics.protocol import EvaluationProtocol, Selection
from gradunc.types import OutputSpace, UncertaintyEstimate


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

    def _pixel_errors(self, selection: Selection, intervals: int) -> PixelErrors | None:
        """Of the present selection, computed once; None without a pixel."""
        if len(selection.truth) and (self._errors is None or self._errors.intervals != intervals):
            self._errors = PixelErrors(selection.truth, selection.prediction, intervals)
        return self._errors


class RankedBatch:
    """The images of a batch: estimates of the same depth share what `RankedImage` keeps.

    An estimate is ranked against the errors of its OWN depth: that of an ensemble is not the step's prediction.

    Args:
        protocol: alignment, range and crop.
        network: that predicts depth.
        truths: true depth [m] and where it counts (bool) of each image, (1,H,W) at its own size, depth 0 where unknown,
            on the device of the metrics.
        numbers: of the images, under which metrics keep what they measure; default: the next ones.
    """

    def __init__(
        self,
        protocol: EvaluationProtocol,
        network: DepthMaps,
        truths: Sequence[tuple[Tensor, Tensor]],
        numbers: Sequence[int] | None = None,
    ) -> None:
        self.protocol, self.network, self.truths = protocol, network, list(truths)
        self.numbers = [None] * len(self.truths) if numbers is None else list(numbers)
        self._found: list[tuple[Tensor, list[RankedImage]]] = []

    def images(self, depth: Tensor) -> list[RankedImage]:
        """The images with a prediction (B,1,h,w); asked again with an equal one, the same."""
        for seen, images in self._found:
            if _same(seen, depth):
                return images
        images = [self._image(position, one) for position, one in enumerate(depth.split(1))]
        self._found.append((depth, images))
        return images

    def scores(self, position: int, score: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and their validity (1,C,h,w) of an image as the protocol ranks them, (C,H,W) at its truth's size."""
        found, known = score_at_truth(self.protocol, score, valid, self.truths[position][0])
        return found[0], known[0]

    def add(self, metric: Sparsification, estimate: UncertaintyEstimate, bins: BinnedErrors | None = None) -> None:
        """Add the estimates of the whole batch to the metric of their method, and to its errors in bins of `RANKS`."""
        for position, image in enumerate(self.images(estimate.depth)):
            one = slice(position, position + 1)
            score, known = self.scores(position, estimate.uncertainty[one], estimate.valid[one])
            image.add(metric, score[0], known[0], bins)

    def _image(self, position: int, depth: Tensor) -> RankedImage:
        """One by one: truths differ in size, and no image may depend on its neighbours."""
        truth, valid = self.truths[position]
        maps, space = at_truth(self.protocol, self.network, depth, truth[None])
        return RankedImage(self.protocol, truth, maps[0], valid, space, self.numbers[position])


def _same(a: Tensor, b: Tensor) -> bool:
    return a.dtype == b.dtype and a.device == b.device and torch.equal(a, b)
