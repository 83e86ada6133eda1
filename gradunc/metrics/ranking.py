"""Many uncertainties of the same images against the same truth: what they share is computed once."""

import torch
from torch import Tensor

from gradunc.metrics.at_truth import DepthMaps, at_truth, score_at_truth
from gradunc.metrics.ause import Sparsification
from gradunc.metrics.depth import DepthErrors
from gradunc.metrics.functional import PixelErrors
from gradunc.metrics.protocol import EvaluationProtocol, Selection
from gradunc.types import OutputSpace, UncertaintyEstimate


class RankedImage:
    """One image, ready to be compared with its truth and to rank any number of uncertainty maps of its prediction.

    Pixels, alignment and oracle curves are kept as long as the uncertainties are known at the same pixels.

    Args:
        protocol: alignment, range and crop.
        truth: (1,H,W) true depth [m], 0 where unknown.
        prediction: (1,H,W) in the output space, at the size of the truth.
        valid: (1,H,W) bool, True = the truth counts.
        space: what the numbers of the prediction mean.
    """

    def __init__(
        self, protocol: EvaluationProtocol, truth: Tensor, prediction: Tensor, valid: Tensor, space: OutputSpace
    ) -> None:
        self.protocol, self.truth, self.prediction, self.valid, self.space = protocol, truth, prediction, valid, space
        self._usable: Tensor | None = None
        self._selection: Selection | None = None
        self._errors: PixelErrors | None = None

    def add_depth(self, metric: DepthErrors) -> int:
        """Add the prediction to a metric; returns how many of its numbers were NaN or infinite."""
        selection = self._select(self.valid)
        metric.update(selection.truth, selection.prediction)
        return int(selection.non_finite)

    def add(self, metric: Sparsification, uncertainty: Tensor, known: Tensor) -> None:
        """Add an uncertainty to a metric.

        Args:
            metric: of one method.
            uncertainty: (H,W), higher = worse.
            known: (H,W) bool, True = the uncertainty is known here.
        """
        selection = self._select(self.valid & known[None])
        if len(selection.truth) and (self._errors is None or self._errors.intervals != metric.intervals):
            self._errors = PixelErrors(selection.truth, selection.prediction, metric.intervals)
        metric.update(selection.truth, selection.prediction, uncertainty[selection.keep], self._errors)

    def _select(self, usable: Tensor) -> Selection:
        if self._selection is None or self._usable is None or not torch.equal(usable, self._usable):
            self._selection = self.protocol.select(self.truth, self.prediction, usable, self.space)
            self._usable, self._errors = usable, None
        return self._selection


class RankedBatch:
    """The images of a batch: estimates of the same depth share what `RankedImage` keeps.

    An estimate is ranked against the errors of its OWN depth: that of an ensemble is not the step's prediction.

    Args:
        protocol: alignment, range and crop.
        network: that predicts depth.
        truth: (B,1,H,W) true depth [m], 0 where unknown, on the device of the metrics.
        valid: (B,1,H,W) bool, True = the truth counts.
    """

    def __init__(self, protocol: EvaluationProtocol, network: DepthMaps, truth: Tensor, valid: Tensor) -> None:
        self.protocol, self.network, self.truth, self.valid = protocol, network, truth, valid
        self._found: list[tuple[Tensor, list[RankedImage]]] = []

    def images(self, depth: Tensor) -> list[RankedImage]:
        """The images with a prediction (B,1,h,w); asked again with an equal one, the same."""
        for seen, images in self._found:
            if _same(seen, depth):
                return images
        maps, space = at_truth(self.protocol, self.network, depth, self.truth)
        images = [RankedImage(self.protocol, *one, space) for one in zip(self.truth, maps, self.valid, strict=True)]
        self._found.append((depth, images))
        return images

    def add(self, metric: Sparsification, estimate: UncertaintyEstimate) -> None:
        """Add the estimates of the whole batch to the metric of their method."""
        scores = score_at_truth(self.protocol, estimate.uncertainty, estimate.valid, self.truth)
        for image, score, known in zip(self.images(estimate.depth), *scores, strict=True):
            image.add(metric, score[0], known[0])


def _same(a: Tensor, b: Tensor) -> bool:
    return a.dtype == b.dtype and a.device == b.device and torch.equal(a, b)
