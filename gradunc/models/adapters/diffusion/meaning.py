"""What a pipeline of diffusers says of its numbers, and how it wants images."""

from dataclasses import dataclass

from gradunc.models.adapters.preparation import ImagePreparation
from gradunc.types import OutputSpace

RESOLUTION = 768
"""Pixels along the longer side of an image for networks that do not say it: the published one."""


@dataclass(frozen=True)
class Meaning:
    """What a pipeline says of its numbers and images, under the names of its `model_index.json`."""

    prediction_type: str | None = "depth"
    scale_invariant: bool | None = True
    shift_invariant: bool | None = True
    default_processing_resolution: int | None = None

    @property
    def output_space(self) -> OutputSpace:
        """Depth, or its inverse; known up to a factor and a shift in all that are published."""
        ambiguity = "affine" if self.shift_invariant else "scale" if self.scale_invariant else "metric"
        return OutputSpace("disparity" if self.prediction_type == "disparity" else "depth", ambiguity)

    @property
    def preparation(self) -> ImagePreparation:
        """How the pipeline resizes an image: bilinear in floating point, its longer side as long as it says."""
        side = RESOLUTION if self.default_processing_resolution is None else self.default_processing_resolution
        if side == 0:
            return ImagePreparation()
        return ImagePreparation(side, side, keep_aspect=True, inside=True, filter="bilinear_float")
