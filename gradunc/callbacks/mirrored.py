"""The depth of a test is that of the image and of its mirrored image together."""

from typing import Any

import lightning as L

from gradunc.callbacks.batches import only_image
from gradunc.callbacks.stages import Stage, StageCallback, depth_model_of
from gradunc.types import Mirrored
from gradunc.uncertainty.posthoc.mirrored import mirrored_depth

PLAIN = "plain"
"""Where the step's own prediction is kept in its outputs."""


class MirroredCallback(StageCallback):
    """Replace the depth of `outputs["prediction"]` in a test; the plain prediction stands under "plain".

    Stands behind the uncertainties, which judge the plain network, and before what draws and measures depth.

    Args:
        how: "mean" or "blended", see `together`.
        model: dotted attribute of the LightningModule that holds the depth model.
    """

    stages = ("test",)

    def __init__(self, how: Mirrored, *, model: str = "depth_model") -> None:
        self.how: Mirrored = how
        self.attribute = model

    def see(self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, stage: Stage) -> None:
        """One more forward pass."""
        prediction = outputs["prediction"]
        model, image = depth_model_of(pl_module, self.attribute), only_image(batch)["image"]
        depth = mirrored_depth(model, image, self.how, own=prediction.depth)
        outputs.update({PLAIN: prediction, "prediction": prediction._replace(depth=depth)})
