"""The progress bar, with the time that the whole training still needs."""

import math
import time
from typing import Any

import lightning as L
from lightning.pytorch.callbacks import TQDMProgressBar


def time_left(done: float, total: float, seconds: float) -> str:
    """What is left of some work at the pace so far, as words; "" before anything is done.

    Args:
        done: how much is done.
        total: of so much.
        seconds: that it has taken.

    >>> time_left(1, 4, 60.0)
    'about 3 min left'
    >>> time_left(1, 100, 200.0)
    'about 5 h 30 min left'
    >>> time_left(3, 4, 60.0)
    'less than a minute left'
    >>> time_left(0, 4, 60.0)
    ''
    >>> time_left(3, float("inf"), 60.0)
    ''
    """
    if done <= 0 or math.isinf(total):
        return ""
    minutes = round(seconds / done * (total - done) / 60)
    if minutes < 1:
        return "less than a minute left"
    hours, rest = divmod(minutes, 60)
    return f"about {hours} h {rest} min left" if hours else f"about {minutes} min left"


class TrainingProgress(TQDMProgressBar):
    """Lightning's bar; in training it says which of how many epochs it is, and about how long all of them still take.

    The pace is that of this process: a resumed training starts to count where it goes on, and validation between the
    epochs is part of it.

    Args:
        refresh_rate: batches between two updates.
    """

    def __init__(self, refresh_rate: int = 10) -> None:
        super().__init__(refresh_rate=refresh_rate)
        self._began = 0.0
        self._first = 0

    def on_train_start(self, *args: Any) -> None:
        """The clock starts."""
        super().on_train_start(*args)
        self._began, self._first = time.monotonic(), self.trainer.global_step

    def on_train_epoch_start(self, trainer: L.Trainer, *args: Any) -> None:
        """The head of the bar."""
        super().on_train_epoch_start(trainer, *args)
        self.train_progress_bar.set_description(self._title(trainer))

    def _title(self, trainer: L.Trainer) -> str:
        last = trainer.max_epochs
        counted = last is not None and last > 0  # else in steps alone
        title = f"Epoch {trainer.current_epoch + 1}" + (f" of {last}" if counted else "")
        done = trainer.global_step - self._first
        total = trainer.estimated_stepping_batches - self._first
        left = time_left(done, total, time.monotonic() - self._began)
        return f"{title}, {left}" if left else title
