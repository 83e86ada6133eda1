"""The head of the progress bar: epochs counted from 1, and the time that the whole training still needs."""

import lightning as L
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from gradunc.callbacks import TrainingProgress, progress


class Module(L.LightningModule):
    """One weight."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))

    def training_step(self, batch, index):
        return (self.weight * batch[0]).mean()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)


def titles(monkeypatch: pytest.MonkeyPatch, **options) -> list[str]:
    """The title of each epoch of two steps, on a clock that goes on by 90 s an epoch."""
    seen = []

    class Noted(TrainingProgress):
        def on_train_epoch_start(self, trainer, *args):
            super().on_train_epoch_start(trainer, *args)
            seen.append(self.train_progress_bar.desc.removesuffix(": "))

    clock = iter(range(0, 9000, 90))
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(clock)))
    bar = Noted()
    trainer = L.Trainer(
        **options,
        callbacks=[bar],
        logger=False,
        enable_checkpointing=False,
        enable_model_summary=False,
        accelerator="cpu",
    )
    trainer.fit(Module(), DataLoader(TensorDataset(torch.ones(2, 1))))
    return seen


def test_epochs(monkeypatch):
    # 0 s at the start, 90, 180 and 270 s at the begin of the epochs: one epoch of three has taken 180 s, two 270 s.
    assert titles(monkeypatch, max_epochs=3) == [
        "Epoch 1 of 3",
        "Epoch 2 of 3, about 6 min left",
        "Epoch 3 of 3, about 2 min left",
    ]


def test_a_training_that_steps_end(monkeypatch):
    # Two of three steps in 180 s leave 90 s; max_epochs=-1 says of how many epochs nothing is known.
    assert titles(monkeypatch, max_steps=3, max_epochs=-1) == ["Epoch 1", "Epoch 2, about 2 min left"]


def test_steps_end_before_the_epochs_do(monkeypatch):
    assert titles(monkeypatch, max_steps=3, max_epochs=100)[1] == "Epoch 2 of 100, about 2 min left"
