"""The images of a batch, each ready to be ranked: truths differ in size, and several estimates share a depth."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from gradunc.metrics.at_truth import DepthMaps, at_truth, score_at_truth
from gradunc.metrics.ause import Sparsification
from gradunc.metrics.binned import BinnedErrors
from gradunc.metrics.calibrated import Calibration
from gradunc.metrics.correlation import RankCorrelation
from gradunc.metrics.protocol import EvaluationProtocol
from gradunc.metrics.ranking import RankedImage
from gradunc.types import Scale, UncertaintyEstimate


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

    def each(self, estimate: UncertaintyEstimate) -> Iterator[tuple[RankedImage, Tensor, Tensor]]:
        """The images, with the uncertainty (H,W) and where it is known (H,W) as the protocol compares them."""
        for position, image in enumerate(self.images(estimate.depth)):
            one = slice(position, position + 1)
            score, known = self.scores(position, estimate.uncertainty[one], estimate.valid[one])
            yield image, score[0], known[0]

    def add(self, metric: Sparsification, estimate: UncertaintyEstimate, bins: BinnedErrors | None = None) -> None:
        """Add the estimates of the whole batch to the metric of their method, and to its errors in bins of `RANKS`."""
        for image, score, known in self.each(estimate):
            image.add(metric, score, known, bins)

    def add_correlation(self, metric: RankCorrelation, estimate: UncertaintyEstimate) -> None:
        """Add the estimates of the whole batch to the metric of their method."""
        for image, score, known in self.each(estimate):
            image.add_correlation(metric, score, known)

    def add_calibration(self, metric: Calibration, estimate: UncertaintyEstimate, scale: Scale) -> None:
        """Add the estimates of the whole batch to the metric of their method; `scale` is that of its estimator."""
        for image, score, known in self.each(estimate):
            image.add_calibration(metric, score, known, scale)

    def _image(self, position: int, depth: Tensor) -> RankedImage:
        """One by one: truths differ in size, and no image may depend on its neighbours."""
        truth, valid = self.truths[position]
        maps, space = at_truth(self.protocol, self.network, depth, truth[None])
        return RankedImage(self.protocol, truth, maps[0], valid, space, self.numbers[position])


def _same(a: Tensor, b: Tensor) -> bool:
    return a.dtype == b.dtype and a.device == b.device and torch.equal(a, b)
