"""Panels of a few fixed images: what the network sees, says, gets wrong, and knows of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lightning as L
import torch
from torch import Tensor

from gradunc.callbacks.stages import Stage, StageCallback, depth_model_of
from gradunc.callbacks.uncertainty import UncertaintyCallback
from gradunc.callbacks.wandb import log_picture
from gradunc.data.loading.collate import own_truth
from gradunc.data.loading.sampling import evenly_spread
from gradunc.metrics import EvaluationProtocol
from gradunc.metrics.at_truth import at_truth
from gradunc.models import DepthModel
from gradunc.types import Sample, UncertaintyEstimate
from gradunc.visualization import (
    Tile,
    depth_tile,
    error_tile,
    image_tile,
    mask_tile,
    panel,
    save_png,
    uncertainty_tile,
)


class PictureCallback(StageCallback):
    """Save, and log to W&B, panels of the same images in every validation and in the test.

    Args:
        folder: of the pictures; `<stage>_<index>.png` is overwritten by later epochs of the same run.
        protocol: aligns the depth before its error is drawn.
        count: how many images, evenly spread over the set.
        every: validation epochs between two pictures.
        uncertainty: estimates the pictured images where a step has not (the validation epochs of `fit`).
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
        model: str = "depth_model",
    ) -> None:
        self.attribute = model
        self.folder, self.protocol, self.count, self.every = folder, protocol, count, every
        self.uncertainty = uncertainty
        self._wanted: set[int] = set()
        self.written: list[Path] = []
        """Pictures of the last epoch."""

    def begin(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: Stage) -> None:
        """Choose the images."""
        loaders = trainer.val_dataloaders if stage == "val" else trainer.test_dataloaders
        skip = stage == "val" and (trainer.sanity_checking or trainer.current_epoch % self.every)
        self._wanted = set() if skip else evenly_spread(_samples(loaders), self.count)
        self.written = []

    def see(self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, stage: Stage) -> None:
        """Draw the chosen images of a batch."""
        indices = batch.get("index", torch.zeros(0, dtype=torch.long)).tolist()
        for position, index in enumerate(indices):
            if index not in self._wanted:
                continue
            estimates = self._estimates(outputs, batch, position)
            model = depth_model_of(pl_module, self.attribute)
            tiles = picture_tiles(model, outputs, batch, position, self.protocol, estimates)
            picture = panel(tiles)
            self.folder.mkdir(parents=True, exist_ok=True)
            self.written.append(save_png(picture, self.folder / f"{stage}_{index:05d}.png"))
            log_picture(trainer, f"{stage}/panel_{index:05d}", picture)

    def _estimates(self, outputs: dict[str, Any], batch: Sample, position: int) -> dict[str, UncertaintyEstimate]:
        """Estimates of one image, a batch of one."""
        one = slice(position, position + 1)
        if "estimates" in outputs:
            return {name: estimate.images(one) for name, estimate in outputs["estimates"].items()}
        if self.uncertainty is None:
            return {}
        alone = {key: value[one] for key, value in batch.items() if isinstance(value, Tensor)}
        return self.uncertainty.estimates(alone)


def _samples(loaders: Any) -> int:
    return len(loaders.dataset) if loaders is not None and hasattr(loaders, "dataset") else 0


def picture_tiles(
    model: DepthModel,
    outputs: dict[str, Any],
    batch: Sample,
    position: int,
    protocol: EvaluationProtocol,
    estimates: Mapping[str, UncertaintyEstimate],
) -> list[Tile]:
    """Image, depth, error where there is truth, auto-mask where there is one, uncertainty of every estimator."""
    image = batch["image"][position].float().cpu()
    depth = outputs["prediction"].depth[position].float().cpu()
    tiles = [image_tile(image.numpy())]
    error: Tensor | None = None
    if "depth" in batch:
        truth, valid = (one.cpu() for one in own_truth(batch)[position])
        resized, space = at_truth(protocol, model, depth[None], truth[None])
        selection = protocol.select(truth, resized[0], valid, space)
        shown = torch.full(truth.shape[-2:], torch.nan, dtype=torch.float64)
        error = shown.clone()
        error[selection.keep] = (selection.prediction - selection.truth).abs() / selection.truth
        shown[valid[0]] = truth[0][valid[0]].double()
        tiles.append(depth_tile(shown.numpy(), title="true depth"))
    tiles.append(depth_tile(depth[0].numpy(), unit=model.output_space.unit, quantity=model.output_space.quantity))
    if error is not None:
        tiles.append(error_tile(error.numpy(), unit="|d - d*| / d*", title="relative error"))
    for name, estimate in estimates.items():
        known = torch.where(estimate.valid, estimate.uncertainty, torch.nan)
        tiles.append(uncertainty_tile(known[0, 0].cpu().numpy(), title=f"uncertainty: {name}"))
    if "auto_mask" in outputs.get("maps", {}):
        tiles.append(mask_tile(outputs["maps"]["auto_mask"][position, 0].cpu().numpy()))
    return tiles
