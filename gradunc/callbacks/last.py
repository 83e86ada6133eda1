"""The newest checkpoint of a run, for resuming."""

from pathlib import Path

import lightning as L
from lightning.pytorch.callbacks import Checkpoint

from gradunc.callbacks.checkpoint_files import LAST


class LastCheckpoint(Checkpoint):
    """Save `last.ckpt` after every epoch.

    The `save_last` of Lightning's `ModelCheckpoint` does so only in epochs that are the best so far (2.6), and a
    second `ModelCheckpoint` would be logged to W&B as another best one. Stands after it in the list, whose state it
    saves.

    Args:
        folder: of the checkpoints.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / LAST

    def save(self, trainer: L.Trainer) -> None:
        """Replace the file; what it held becomes `previous.ckpt`."""
        trainer.save_checkpoint(self.path, weights_only=False)

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Replace the file of the epoch before."""
        self.save(trainer)
