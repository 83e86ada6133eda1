"""An encoder that stays as it is in the first epochs, so that a new decoder does not spoil what it knows."""

from typing import cast

import lightning as L
from lightning.pytorch.strategies import SingleDeviceStrategy
from torch import nn
from torch.optim import Optimizer

from gradunc.errors import InputError
from gradunc.models import DepthModel


class FrozenEncoder(L.Callback):
    """The depth network's encoder keeps its weights and its statistics of batch norms for `epochs` epochs.

    Which epochs those are follows from the number of the epoch, so that a resumed run freezes the same ones. On one
    device no gradient of the encoder is computed; strategies of several reduce the gradients of all weights that
    trained at the start, so there they are computed and dropped.

    Args:
        epochs: first ones of the run.
    """

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs
        self._held: list[nn.Parameter] = []

    def on_fit_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Raise `InputError` for a network without an encoder."""
        if _encoder(pl_module) is None:
            raise InputError("objective.frozen_encoder_epochs: this network has no encoder of its own; omit it")

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Freeze: a run that is resumed within an epoch does not start it."""
        self.on_train_epoch_start(trainer, pl_module)

    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Freeze, or let go."""
        encoder = cast(nn.Module, _encoder(pl_module))
        if trainer.current_epoch < self.epochs:
            encoder.eval()
            if isinstance(trainer.strategy, SingleDeviceStrategy):
                self._held += [one for one in encoder.parameters() if one.requires_grad]
                encoder.requires_grad_(False)
        elif trainer.current_epoch == self.epochs:
            encoder.train()
            self._let_go()

    def on_before_optimizer_step(self, trainer: L.Trainer, pl_module: L.LightningModule, optimizer: Optimizer) -> None:
        """Drop gradients: optimisers leave weights without one as they are, and clipping does not count them."""
        if trainer.current_epoch < self.epochs:
            for parameter in cast(nn.Module, _encoder(pl_module)).parameters():
                parameter.grad = None

    def on_fit_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Leave the network as it was given."""
        self._let_go()

    def on_exception(self, trainer: L.Trainer, pl_module: L.LightningModule, exception: BaseException) -> None:
        """Leave it so whatever ended the training."""
        self._let_go()

    def _let_go(self) -> None:
        for parameter in self._held:
            parameter.requires_grad_(True)
        self._held.clear()


def _encoder(module: L.LightningModule) -> nn.Module | None:
    return cast(DepthModel, module.depth_model).backbone
