"""What a training tells of its health: a line while it runs, and again at its end."""

import sys

import lightning as L


class Telling(L.Callback):
    """A callback that prints lines `train/health: ...` and keeps them."""

    def __init__(self) -> None:
        self.told: list[str] = []
        """The lines so far."""

    def tell(self, trainer: L.Trainer, kind: str, text: str) -> None:
        """Print what is wrong, in the main process, with the step.

        Args:
            trainer: of the training.
            kind: a word for what has happened.
            text: what is wrong, and what to do.
        """
        self.told.append(f"train/health: {kind} at step {trainer.global_step}: {text}")
        if trainer.is_global_zero:
            print(self.told[-1], file=sys.stderr, flush=True)
