"""A trained network whose prediction stands in the place of the true depth ("Self", Poggi et al., CVPR 2020)."""

from typing import cast

import torch

from gradunc.errors import InputError
from gradunc.models import DepthModel
from gradunc.ops.devices import device_of
from gradunc.ops.quantities import of_depth
from gradunc.types import OutputSpace, Sample

OF_TRUTH = ("truth_size", "disparity", "disparity_valid", "ordinal")
"""What a teacher does not give."""


class Teacher:
    """A frozen network. No `nn.Module`: it must be neither trained nor saved with the student.

    Args:
        model: any depth model of which depth follows; put into eval mode.

    Raises:
        InputError: its predictions are open up to a shift.
    """

    def __init__(self, model: DepthModel) -> None:
        if model.output_space.ambiguity == "affine":
            raise InputError(
                f"objective.teacher predicts {model.output_space.quantity} up to a factor and a shift, of which no "
                "depth follows; choose a teacher of depth or of disparity up to a factor"
            )
        self.model = model.eval().requires_grad_(False)

    @property
    def output_space(self) -> OutputSpace:
        """What the depth of its student means: depth in the unit of the teacher."""
        return OutputSpace("depth", self.model.output_space.ambiguity)

    def taught(self, batch: Sample) -> Sample:
        """The batch with the teacher's depth of `image` as `depth`, (B,1,h,w), and `valid` where it is a depth."""
        image = batch["image"]
        if device_of(self.model) != image.device:
            self.model.to(image.device)
        with torch.no_grad(), torch.autocast(image.device.type, enabled=False):
            depth = self.model(image.float()).depth.float()
        if self.model.output_space.quantity == "disparity":
            depth = of_depth(depth, "disparity")
        valid = depth.isfinite() & (depth > 0)
        kept = {key: value for key, value in batch.items() if key not in OF_TRUTH}
        return cast(Sample, {**kept, "depth": torch.where(valid, depth, 0.0), "valid": valid})
