"""Exponential moving average of the weights, which is what is validated, tested and exported.

Not Lightning's `WeightAveraging` (tried with 2.6, `tests/callbacks/test_average.py`). It puts the average in the place
of the weights when `fit` ends, so that a checkpoint saved then does not resume exactly. `Trainer.test(ckpt_path=...)`
after a `fit` of the same trainer tests the current weights and not the average. Its first step forgets the start
instead of weighting it, and it names the weights in a checkpoint otherwise, so that checkpoints on disk would lose
their average. All but the hooks around the validation would have to be overridden.
"""

from typing import Any

import lightning as L
import torch
from torch import Tensor

CURRENT = "current_state_dict"
"""Where a checkpoint keeps the weights that training goes on with; `state_dict` holds the averaged ones."""


class WeightAverage(L.Callback):
    """Average weights and buffers after every optimiser step; the average stands in for them wherever they are judged.

    After t + 1 steps average = k average + (1 - k) weights with k = min(decay, (1 + t) / (10 + t)): the first steps
    forget the random start. Validation inside `fit` sees the average. Checkpoints hold it as `state_dict`, so that the
    test and the export take it, and the current weights beside it, from which a resumed run goes on.

    Args:
        decay: share of the average that a step keeps in the long run, in (0, 1).
    """

    def __init__(self, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self._average: dict[str, Tensor] | None = None

    def on_fit_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Begin with the weights as they are, or go on with the average of a checkpoint."""
        state = pl_module.state_dict()
        if self._average is None:
            self._average = {name: value.clone() for name, value in state.items()}
        self._average = {name: value.to(state[name].device) for name, value in self._average.items()}

    @torch.no_grad()
    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Take the weights in, if the batch ended an optimiser step."""
        if trainer.global_step <= self.updates or self._average is None:
            return
        keep = min(self.decay, (1 + self.updates) / (10 + self.updates))
        self.updates = trainer.global_step
        for name, value in pl_module.state_dict().items():
            average = self._average[name]
            if average.is_floating_point():
                average.lerp_(value, 1 - keep)
            else:
                average.copy_(value)

    def on_validation_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Put the average in the place of the weights."""
        self._swap(pl_module)

    def on_validation_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Put the weights back."""
        self._swap(pl_module)

    def on_save_checkpoint(self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]) -> None:
        """Store the average in the place of the weights, and these beside it."""
        if self._average is not None:
            checkpoint[CURRENT] = checkpoint["state_dict"]
            checkpoint["state_dict"] = dict(self._average)

    def on_load_checkpoint(self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]) -> None:
        """Resume: the average from the place of the weights, and these from beside it."""
        if trainer.state.fn == "fit" and CURRENT in checkpoint:
            self._average = {name: value.clone() for name, value in checkpoint["state_dict"].items()}
            pl_module.load_state_dict(checkpoint[CURRENT])

    def state_dict(self) -> dict[str, Any]:
        """How many optimiser steps have been taken in."""
        return {"updates": self.updates}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on counting."""
        self.updates = int(state_dict["updates"])

    @torch.no_grad()
    def _swap(self, module: L.LightningModule) -> None:
        if self._average is None:
            return
        # Weights that two names share must not be put back by the second.
        unique = {value.data_ptr(): (name, value) for name, value in module.state_dict().items()}
        for name, value in unique.values():
            average = self._average[name]
            kept = value.clone()
            value.copy_(average)
            average.copy_(kept)
