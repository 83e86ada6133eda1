"""The depth errors of a data set: the mean over images of each image's errors."""

import torch
from torch import Tensor

from gradunc.metrics.functional import DEPTH_ERRORS, depth_errors
from gradunc.metrics.image_means import ImageMeans


class DepthErrors(ImageMeans):
    """Mean over images of the errors of `depth_errors`, in their order and units; see `ImageMeans`."""

    def __init__(self) -> None:
        super().__init__(DEPTH_ERRORS)

    def update(self, truth: Tensor, prediction: Tensor, number: int | None = None) -> None:
        """Add one image.

        Args:
            truth: (n,) true depth of the pixels that count [m].
            prediction: (n,) aligned and clamped depth [m].
            number: which image it is, unique over all processes; default: the next one.
        """
        if not len(truth):
            self.skipped += 1
            return
        errors = depth_errors(truth, prediction)
        self.add_row(torch.stack([errors[name] for name in DEPTH_ERRORS]), number)
