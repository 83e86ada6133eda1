"""Trivial scores of the depth that a step has predicted, beside the estimates."""

from typing import Any

import lightning as L
import torch

from gradunc.callbacks.batches import only_image
from gradunc.callbacks.stages import Stage, StageCallback, depth_model_of
from gradunc.errors import InputError
from gradunc.types import Scale
from gradunc.uncertainty import TRIVIAL


class TrivialCallback(StageCallback):
    """Add every score of `TRIVIAL` to `outputs["estimates"]` of a step that returns {"prediction": DepthPrediction}.

    Not estimates of their own, so that they cost no forward pass.

    Args:
        prefix: of the names.
        model: dotted attribute of the LightningModule that holds the depth model.
    """

    stages = ("val", "test", "predict")

    def __init__(self, prefix: str = "trivial_", *, model: str = "depth_model") -> None:
        self.prefix, self.attribute = prefix, model
        self.names = tuple(prefix + name for name in TRIVIAL)
        self.costs = dict.fromkeys(self.names, 1.0)
        """Score -> forward passes: the prediction itself."""
        self.scales = dict.fromkeys(self.names, Scale("score"))
        """Score -> what its numbers are: an order."""

    def see(self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, stage: Stage) -> None:
        """Score a batch."""
        if trainer.state.fn == "fit":
            return
        if not isinstance(outputs, dict) or "prediction" not in outputs:
            raise InputError("trivial scores need steps that return {'prediction': DepthPrediction}")
        model, image = depth_model_of(pl_module, self.attribute), only_image(batch)["image"]
        depth = outputs["prediction"].depth.detach()
        with torch.no_grad():
            found = {self.prefix + name: make(model).of_depth(image, depth) for name, make in TRIVIAL.items()}
        outputs["estimates"] = {**outputs.get("estimates", {}), **found}
