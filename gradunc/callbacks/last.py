"""The newest checkpoint of a run, for resuming."""

import time
from pathlib import Path

import lightning as L
from lightning.pytorch.callbacks import Checkpoint

from gradunc.callbacks.checkpoint_files import LAST


class LastCheckpoint(Checkpoint):
    """Save `last.ckpt` after epochs, and within an epoch when enough time has passed.

    The `save_last` of Lightning's `ModelCheckpoint` does so only in epochs that are the best so far (2.6), and a
    second `ModelCheckpoint` would be logged to W&B as another best one. Stands after it in the list, whose state it
    saves. `StopAfterStep` asks `is_due` between two steps, so that all processes of a run save after the same one.

    Args:
        folder: of the checkpoints.
        every_n_epochs: epochs between two checkpoints; the last epoch of a run has one.
        minutes: since the last checkpoint, after which the next one is due within an epoch; None = never.
    """

    def __init__(self, folder: Path, every_n_epochs: int = 1, minutes: float | None = None) -> None:
        self.path = folder / LAST
        self.every_n_epochs, self.minutes = every_n_epochs, minutes
        self._saved_at, self._saved_epoch = time.monotonic(), -1

    def save(self, trainer: L.Trainer) -> None:
        """Replace the file; what it held becomes `previous.ckpt`."""
        trainer.save_checkpoint(self.path, weights_only=False)
        self._saved_at = time.monotonic()

    def save_epoch(self, trainer: L.Trainer) -> None:
        """Save at the end of an epoch, unless that has been done."""
        if self._saved_epoch != trainer.current_epoch:
            self.save(trainer)
            self._saved_epoch = trainer.current_epoch

    def is_due(self) -> bool:
        """Whether enough time has passed since the last checkpoint; processes may differ."""
        return self.minutes is not None and time.monotonic() - self._saved_at >= 60 * self.minutes

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Time counts from here: what was prepared before needs no checkpoint."""
        self._saved_at, self._saved_epoch = time.monotonic(), -1

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Replace the file of the epochs before."""
        if (trainer.current_epoch + 1) % self.every_n_epochs == 0 or _is_last_epoch(trainer):
            self.save_epoch(trainer)


def _is_last_epoch(trainer: L.Trainer) -> bool:
    return (
        trainer.should_stop
        or trainer.global_step == trainer.max_steps
        or 0 <= (trainer.max_epochs or -1) <= trainer.current_epoch + 1
    )
