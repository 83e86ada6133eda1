"""Panels of a few fixed images: what the network sees, says, gets wrong, and knows of it."""

from pathlib import Path
from typing import Any

import lightning as L
import torch
from torch import Tensor

from gradunc.callbacks.batches import named
from gradunc.callbacks.pictured import tiles_and_scores
from gradunc.callbacks.stages import Stage, StageCallback, depth_model_of, reached
from gradunc.callbacks.uncertainty import UncertaintyCallback
from gradunc.data.loading.sampling import evenly_spread
from gradunc.loggers.calls import log_picture
from gradunc.metrics import EvaluationProtocol
from gradunc.types import Sample, UncertaintyEstimate
from gradunc.visualization import panel, save_png
from gradunc.visualization.style import end_of

LONGEST = 80
"""Letters of a path that are shown: its end."""


class PictureCallback(StageCallback):
    """Save, and log to W&B, panels of the same images in every validation and in the test.

    Args:
        folder: of the pictures; `<stage>_<index>.png` is overwritten by later epochs of the same run.
        protocol: aligns the depth before its error is drawn.
        count: how many images, evenly spread over those that a validation or test sees.
        every: validation epochs between two pictures.
        uncertainty: estimates the pictured images where a step has not (the validation epochs of `fit`).
        reject: share of the most uncertain pixels that are marked as not to be trusted; 0 marks none.
        model: dotted attribute of the LightningModule that holds the depth model.
    """

    def __init__(
        self,
        folder: Path,
        protocol: EvaluationProtocol,
        count: int = 4,
        every: int = 1,
        uncertainty: UncertaintyCallback | None = None,
        *,
        reject: float = 0.2,
        model: str = "depth_model",
    ) -> None:
        self.attribute = model
        self.folder, self.protocol, self.count, self.every = folder, protocol, count, every
        self.uncertainty, self.reject = uncertainty, reject
        self._wanted: set[int] = set()
        self.written: list[Path] = []
        """Pictures of the last epoch."""

    def begin(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: Stage) -> None:
        """Choose the images."""
        skip = stage == "val" and (trainer.sanity_checking or trainer.current_epoch % self.every)
        self._wanted = set() if skip else evenly_spread(reached(trainer, stage), self.count)
        self.written = []

    def see(self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, stage: Stage) -> None:
        """Draw the chosen images of a batch."""
        batch = named(batch)
        indices = batch.get("index", torch.zeros(0, dtype=torch.long)).tolist()
        for position, index in enumerate(indices):
            if index not in self._wanted:
                continue
            estimates = self._estimates(outputs, batch, position)
            model = depth_model_of(pl_module, self.attribute)
            tiles, lines = tiles_and_scores(model, outputs, batch, position, self.protocol, estimates, self.reject)
            name = str(batch["path"][position]) if "path" in batch else ""
            drawn = panel(tiles, [*([end_of(name, LONGEST)] if name else []), *lines])
            self.folder.mkdir(parents=True, exist_ok=True)
            self.written.append(save_png(drawn, self.folder / f"{stage}_{index:05d}.png"))
            log_picture(trainer, f"{stage}/panel_{index:05d}", drawn, name)

    def _estimates(self, outputs: dict[str, Any], batch: Sample, position: int) -> dict[str, UncertaintyEstimate]:
        """Estimates of one image, a batch of one."""
        one = slice(position, position + 1)
        if "estimates" in outputs:
            return {name: estimate.images(one) for name, estimate in outputs["estimates"].items()}
        if self.uncertainty is None:
            return {}
        alone = {key: value[one] for key, value in batch.items() if isinstance(value, Tensor)}
        return self.uncertainty.estimates(alone)
