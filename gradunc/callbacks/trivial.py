"""Trivial scores of the depth that a step has predicted, beside the estimates."""

from typing import Any

import lightning as L
import torch

from gradunc.callbacks.batches import only_image
from gradunc.callbacks.mirrored import PLAIN
from gradunc.callbacks.stages import Stage, StageCallback, depth_model_of
from gradunc.errors import InputError
from gradunc.types import Scale
from gradunc.uncertainty import TRIVIAL
from gradunc.uncertainty.measured import Measured, measure


class TrivialCallback(StageCallback):
    """Add every score of `TRIVIAL` to `outputs["estimates"]` of a step that returns {"prediction": DepthPrediction}.

    Not estimates of their own, so that they cost no forward pass. Like other estimates they judge the plain prediction.

    Args:
        prefix: of the names.
        model: dotted attribute of the LightningModule that holds the depth model.
        measured: measure time and memory of each, its forward pass included, on the first image of a test.
    """

    stages = ("val", "test", "predict")

    def __init__(self, prefix: str = "trivial_", *, model: str = "depth_model", measured: bool = False) -> None:
        self.prefix, self.attribute = prefix, model
        self.names = tuple(prefix + name for name in TRIVIAL)
        self.costs = dict.fromkeys(self.names, 1.0)
        """Score -> forward passes: the prediction itself."""
        self.scales = dict.fromkeys(self.names, Scale("score"))
        """Score -> what its numbers are: an order."""
        self._measures = measured
        self.measured: dict[str, Measured] = {}
        """Score -> time and memory of an estimate of the first test image, if that was asked for."""

    def begin(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: Stage) -> None:
        """Forget what was measured in the last run."""
        self.measured = {}

    def see(self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, stage: Stage) -> None:
        """Score a batch."""
        if trainer.state.fn == "fit":
            return
        if not isinstance(outputs, dict) or "prediction" not in outputs:
            raise InputError("trivial scores need steps that return {'prediction': DepthPrediction}")
        model, image = depth_model_of(pl_module, self.attribute), only_image(batch)["image"]
        depth = outputs.get(PLAIN, outputs["prediction"]).depth.detach()
        with torch.no_grad():
            found = {self.prefix + name: make(model).of_depth(image, depth) for name, make in TRIVIAL.items()}
        outputs["estimates"] = {**outputs.get("estimates", {}), **found}
        if stage == "test" and self._measures and not self.measured:
            self.measured = {
                self.prefix + name: measure(make(model), image[:1], model=model) for name, make in TRIVIAL.items()
            }
