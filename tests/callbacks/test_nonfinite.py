"""Broken networks end a run before anything of it is written."""

import math
from pathlib import Path
from typing import Any

import lightning as L
import pytest
import torch
from torch import Tensor, nn

from gradunc.callbacks import LastCheckpoint, NonFiniteCallback
from gradunc.errors import InputError
from gradunc.losses import LossEngine
from gradunc.training import DepthTraining, Optimization
from gradunc.types import DepthPrediction
from tests.callbacks.helpers import Told, run_test, sample
from tests.training.helpers import quiet_trainer, tiny_model, toy_data

SAVING = {"enable_checkpointing": True}


def training() -> DepthTraining:
    return DepthTraining(tiny_model(), LossEngine({"l1": 1.0}), optimization=Optimization(learning_rate=1e-3))


class Break(L.Callback):
    """Writes a value into a weight after a number of steps, as an update that overflows does."""

    def __init__(self, after: int, value: float = math.nan) -> None:
        self.after, self.value = after, value

    @torch.no_grad()
    def on_train_batch_end(self, trainer: L.Trainer, pl_module: Any, *_: Any) -> None:
        if trainer.global_step == self.after:
            next(pl_module.depth_model.parameters())[0] = self.value


def fit(*callbacks: L.Callback, module: DepthTraining | None = None, **keywords: Any) -> None:
    trainer = quiet_trainer(callbacks=[NonFiniteCallback("val/loss"), *callbacks], **keywords)
    trainer.fit(module or training(), toy_data(4))


def test_weights_are_looked_at_before_the_first_step() -> None:
    module = training()
    with torch.no_grad():
        next(module.depth_model.parameters()).fill_(math.inf)
    with pytest.raises(InputError, match=r"'depth_model\.\S+' of the network is not finite before the first step"):
        fit(module=module)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_weights_are_looked_at_before_a_validation(value: float) -> None:
    with pytest.raises(
        InputError, match=r"training diverged: 'depth_model.* is not finite after 2 steps with learning"
    ):
        fit(Break(2, value))


def test_broken_weights_are_never_saved(tmp_path: Path) -> None:
    # Without validation in the first epoch, the checkpoint is the first thing that sees them.
    with pytest.raises(InputError, match="is not finite after 2 steps"):
        fit(Break(2), LastCheckpoint(tmp_path), check_val_every_n_epoch=2, max_epochs=2, **SAVING)
    assert list(tmp_path.iterdir()) == []


def test_a_metric_that_is_nan_chooses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    # One of two validation batches is broken: by default torchmetrics leaves it out of the mean.
    step = DepthTraining.validation_step

    def spoiled(module: DepthTraining, batch: Any, batch_idx: int) -> Any:
        if batch_idx == 0:
            batch["depth"] = batch["depth"] * math.nan
        return step(module, batch, batch_idx)

    monkeypatch.setattr(DepthTraining, "validation_step", spoiled)
    with pytest.raises(InputError, match="val/loss, which chooses the best checkpoint, is nan after 2 steps"):
        fit()


def test_a_finite_training_passes(tmp_path: Path) -> None:
    fit(LastCheckpoint(tmp_path), **SAVING)
    assert (tmp_path / "last.ckpt").is_file()


class Broken(Told):
    """Predicts no number for the first `images` images."""

    def __init__(self, images: int) -> None:
        super().__init__()
        self.left = images

    def forward(self, image: Tensor) -> DepthPrediction:
        depth = super().forward(image).depth
        depth[: max(self.left, 0)] = math.nan
        self.left -= len(image)
        return DepthPrediction(depth)


@pytest.mark.parametrize("images", [0, 1, 2])
def test_some_finite_predictions_are_enough(images: int) -> None:
    run_test([sample(i) for i in range(3)], [NonFiniteCallback()], Broken(images))


def test_a_test_without_a_finite_prediction_is_an_error() -> None:
    model: nn.Module = Broken(99)
    with pytest.raises(InputError, match="no value that the network predicts for 3 test images is finite"):
        run_test([sample(i) for i in range(3)], [NonFiniteCallback()], model)
