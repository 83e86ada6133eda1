"""Many uncertainties of one image against the same truth: what they share is computed once."""

import torch
from torch import Tensor

from gradunc.metrics.ause import Sparsification
from gradunc.metrics.functional import PixelErrors
from gradunc.metrics.protocol import EvaluationProtocol, Selection
from gradunc.types import OutputSpace


class RankedImage:
    """One image, ready to rank any number of uncertainty maps of the same prediction.

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

    def add(self, metric: Sparsification, uncertainty: Tensor, known: Tensor) -> None:
        """Add the image to a metric.

        Args:
            metric: of one method.
            uncertainty: (H,W), higher = worse.
            known: (H,W) bool, True = the uncertainty is known here.
        """
        selection, errors = self._select(self.valid & known[None], metric.intervals)
        metric.update(selection.truth, selection.prediction, uncertainty[selection.keep], errors)

    def _select(self, usable: Tensor, intervals: int) -> tuple[Selection, PixelErrors | None]:
        if self._selection is None or self._usable is None or not torch.equal(usable, self._usable):
            selection = self.protocol.select(self.truth, self.prediction, usable, self.space)
            self._usable, self._selection, self._errors = usable, selection, None
            if len(selection.truth):
                self._errors = PixelErrors(selection.truth, selection.prediction, intervals)
        return self._selection, self._errors
