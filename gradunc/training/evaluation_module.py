"""A depth network under a Lightning trainer: predict, and let callbacks measure."""

from typing import Any

import lightning as L
import torch
from torch import Tensor, nn

from gradunc.types import DepthPrediction, Sample


class DepthEvaluation(L.LightningModule):
    """Test and predict steps for any depth network.

    Steps return a dict that Lightning hands to every callback in order: an uncertainty callback adds `estimates`,
    later ones read it.

    Args:
        depth_model: returns a `DepthPrediction`.
    """

    def __init__(self, depth_model: nn.Module) -> None:
        super().__init__()
        self.depth_model = depth_model

    def forward(self, image: Tensor) -> DepthPrediction:
        """(B,3,h,w) in [0,1] -> prediction."""
        return self.depth_model(image)

    def test_step(self, batch: Sample, batch_idx: int) -> dict[str, Any]:
        """Predict a batch: {"prediction": DepthPrediction}."""
        return self._predict(batch)

    def predict_step(self, batch: Sample, batch_idx: int) -> dict[str, Any]:
        """Predict a batch: {"prediction": DepthPrediction}."""
        return self._predict(batch)

    def _predict(self, batch: Sample) -> dict[str, Any]:
        # Callbacks run outside autocast: the depth that is scored must be the one that estimators see.
        with torch.autocast(self.device.type, enabled=False):
            return {"prediction": self(batch["image"])}
