"""Training ends when nothing improves any more."""

from typing import Any

import lightning as L
from lightning.pytorch.callbacks import EarlyStopping


class EarlyStop(EarlyStopping):
    """Lightning's, asked behind every validation; a resumed run has the patience that it was given.

    Lightning's own (2.6) takes the patience of the checkpoint in place of the one asked for, and looks for the metric
    at the end of epochs that `max_steps` has cut, which have no validation.

    Args:
        monitor: metric that must improve.
        patience: validations without improvement after which training ends.
        min_delta: smallest change that counts.
        mode: "min" or "max".
    """

    def __init__(self, monitor: str, patience: int, min_delta: float, mode: str) -> None:
        super().__init__(monitor, min_delta, patience, mode=mode, check_finite=False, check_on_train_epoch_end=False)
        self.ended: list[str] = []
        """A line for the user, if it has ended the training."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """What has been seen so far, and nothing that was chosen."""
        super().load_state_dict({**state_dict, "patience": self.patience})

    def on_train_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Keep what to say: the test brings the state of the best checkpoint back."""
        if self.stopping_reason_message:
            self.ended = [
                f"ended early: {self.monitor} has not improved for {self.wait_count} validations, best "
                f"{float(self.best_score):.4g} (trainer.early_stopping.patience={self.patience})"
            ]
