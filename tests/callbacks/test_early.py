"""Training ends when nothing improves any more."""

from typing import Any

import lightning as L
import pytest
import torch

from gradunc.callbacks import EarlyStop, LastCheckpoint
from gradunc.losses import LossEngine
from gradunc.training import DepthTraining
from tests.training.helpers import quiet_trainer, tiny_model, toy_data


class Planted(L.Callback):
    """Logs given values as the metric of each validation."""

    def __init__(self, values: list[float]) -> None:
        self.values = values

    def on_validation_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        pl_module.log("val/planted", torch.tensor(float(self.values[trainer.current_epoch])))


def fit(values: list[float], stop: EarlyStop, *more: L.Callback, path: Any = None, **options: Any) -> L.Trainer:
    module = DepthTraining(tiny_model(), LossEngine({"l1": 1.0}))
    options = {"max_epochs": len(values), "limit_train_batches": 1, "limit_val_batches": 1, **options}
    trainer = quiet_trainer(callbacks=[Planted(values), stop, *more], enable_checkpointing=bool(more), **options)
    trainer.fit(module, toy_data(3), ckpt_path=path)
    return trainer


@pytest.mark.parametrize(
    ("values", "patience", "min_delta", "mode", "epochs"),
    [
        ([3, 2, 2.5, 2.4, 1], 2, 0.0, "min", 4),
        ([3, 2, 2.5, 1.9, 1.8], 2, 0.0, "min", 5),
        ([3, 2.95, 2.9, 1, 1], 2, 0.5, "min", 3),
        ([0.1, 0.2, 0.15, 0.1, 0.9], 2, 0.0, "max", 4),
    ],
)
def test_patience(values, patience, min_delta, mode, epochs):
    stop = EarlyStop("val/planted", patience, min_delta, mode)
    assert fit(values, stop).current_epoch == epochs
    ended = epochs < len(values)
    assert len(stop.ended) == ended
    if ended:
        assert stop.ended[0].startswith(f"ended early: val/planted has not improved for {patience} validations, best")


def test_an_epoch_without_a_validation_is_no_error():
    """Lightning's own asks at the end of epochs."""
    assert fit([1.0, 1.0], EarlyStop("val/planted", 1, 0.0, "min"), max_steps=1, limit_train_batches=2).global_step == 1


def test_a_resumed_run_has_the_patience_that_is_asked_for(tmp_path):
    fit([1.0, 2.0], EarlyStop("val/planted", 9, 0.0, "min"), LastCheckpoint(tmp_path))
    stop = EarlyStop("val/planted", 2, 0.0, "min")
    trainer = fit([1.0, 2.0, 3.0, 4.0, 5.0], stop, LastCheckpoint(tmp_path), path=tmp_path / "last.ckpt")
    assert stop.patience == 2
    assert trainer.current_epoch == 3, "one validation without improvement before, and one after"
