"""Lightning's evaluation hooks, told apart by the name of the stage."""

from operator import attrgetter
from typing import Any, Literal

import lightning as L
import torch
from torch import Tensor

from gradunc.errors import InputError
from gradunc.ops.truth import own_truth

Stage = Literal["val", "test", "predict"]


class StageCallback(L.Callback):
    """Base of callbacks that do the same in validation, test and predict.

    Subclasses override `begin`, `see` and `end`; stages outside `stages` pass by.
    """

    stages: tuple[Stage, ...] = ("val", "test")

    def begin(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: Stage) -> None:
        """Called before the first batch."""

    def see(self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, stage: Stage) -> None:
        """Called after every batch with what the step returned."""

    def end(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: Stage) -> None:
        """Called after the last batch, while metrics can still be logged."""

    def on_validation_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Lightning's hook."""
        if "val" in self.stages:
            self.begin(trainer, pl_module, "val")

    def on_test_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Lightning's hook."""
        if "test" in self.stages:
            self.begin(trainer, pl_module, "test")

    def on_validation_batch_end(
        self,
        trainer: L.Trainer,
        pl_module: L.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Lightning's hook."""
        if "val" in self.stages:
            self.see(trainer, pl_module, outputs, batch, "val")

    def on_test_batch_end(
        self,
        trainer: L.Trainer,
        pl_module: L.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Lightning's hook."""
        if "test" in self.stages:
            self.see(trainer, pl_module, outputs, batch, "test")

    def on_predict_batch_end(
        self,
        trainer: L.Trainer,
        pl_module: L.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Lightning's hook."""
        if "predict" in self.stages:
            self.see(trainer, pl_module, outputs, batch, "predict")

    def on_validation_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Lightning's hook."""
        if "val" in self.stages:
            self.end(trainer, pl_module, "val")

    def on_test_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Lightning's hook."""
        if "test" in self.stages:
            self.end(trainer, pl_module, "test")


def depth_model_of(pl_module: L.LightningModule, attribute: str) -> Any:
    """The depth model that a module holds under a dotted name.

    Raises:
        InputError: there is none of that name.
    """
    try:
        return attrgetter(attribute)(pl_module)
    except AttributeError as error:
        raise InputError(
            f"{type(pl_module).__name__} has no '{attribute}'; name the depth model with model='...'"
        ) from error


def reached(trainer: L.Trainer, stage: Stage) -> int:
    """How many samples a validation or test will see, over all processes: the first ones of its set.

    `trainer.limit_val_batches` and its like may end it before the end of the set. 0 for several loaders or none.
    """
    loader: Any = trainer.val_dataloaders if stage == "val" else trainer.test_dataloaders
    if not hasattr(loader, "dataset"):
        return 0
    (batches,) = trainer.num_val_batches if stage == "val" else trainer.num_test_batches
    total = len(loader.dataset)
    if batches >= len(loader):
        return total
    return min(total, int(batches) * (loader.batch_size or 1) * trainer.world_size)


def leave_inference_mode(trainer: L.Trainer) -> None:
    """Let evaluation loops differentiate: what is made in inference mode can never enter autograd.

    docs/architecture.md, fact 1.
    """
    for loop in (trainer.validate_loop, trainer.test_loop, trainer.predict_loop):
        loop.inference_mode = False


def metric_device(pl_module: L.LightningModule) -> torch.device:
    """Where metrics add up: the module's device, but for Apple's, which has no float64."""
    return torch.device("cpu") if pl_module.device.type == "mps" else pl_module.device


def true_depth(batch: Any, device: torch.device) -> list[tuple[Tensor, Tensor]]:
    """True depth [m] of a batch that has it, and where it counts, (1,H,W) of every image at its own size."""
    return [(depth.to(device), valid.to(device)) for depth, valid in own_truth(batch)]
