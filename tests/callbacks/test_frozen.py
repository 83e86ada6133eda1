"""A frozen encoder: nothing in it changes, and everything does afterwards."""

from pathlib import Path
from typing import Any

import lightning as L
import pytest
import torch
from torch import Tensor

from gradunc.callbacks import FrozenEncoder
from gradunc.errors import InputError
from gradunc.losses import LossEngine
from gradunc.training import DepthTraining, Optimization
from tests.training.helpers import quiet_trainer, tiny_model, toy_data


class Watch(L.Callback):
    """The network before training and after every epoch."""

    def __init__(self) -> None:
        self.states: list[dict[str, Tensor]] = []
        self.trained: list[bool] = []

    def _keep(self, module: L.LightningModule) -> None:
        self.states.append({name: value.clone() for name, value in module.state_dict().items()})

    def on_fit_start(self, trainer: Any, pl_module: L.LightningModule) -> None:
        self._keep(pl_module)

    def on_train_epoch_end(self, trainer: Any, pl_module: L.LightningModule) -> None:
        self._keep(pl_module)
        self.trained.append(pl_module.depth_model.encoder.training)  # pyright: ignore[reportAttributeAccessIssue]


def training() -> DepthTraining:
    # Decay moves weights that have no gradient, unless the optimiser passes them by.
    optimization = Optimization("adamw", learning_rate=1e-2, weight_decay=0.1)
    return DepthTraining(tiny_model(), LossEngine({"l1": 1.0}), optimization=optimization)


def changed(before: dict[str, Tensor], after: dict[str, Tensor], part: str) -> list[bool]:
    return [not torch.equal(after[name], before[name]) for name in before if name.startswith(f"depth_model.{part}.")]


def test_nothing_in_it_changes_and_everything_does_afterwards() -> None:
    module, watch = training(), Watch()
    quiet_trainer(max_epochs=3, limit_val_batches=1, callbacks=[FrozenEncoder(2), watch]).fit(module, toy_data(4))
    start, first, second, third = watch.states
    assert not any(changed(start, second, "encoder"))
    assert any(changed(start, first, "decoder"))
    assert any(changed(first, second, "decoder"))
    # Its statistics too: all but what one step leaves to rounding.
    assert sum(changed(second, third, "encoder")) > 0.9 * len(changed(second, third, "encoder"))
    assert watch.trained == [False, False, True]
    assert all(parameter.requires_grad for parameter in module.parameters())


def test_a_run_resumed_within_an_epoch_is_frozen_too(tmp_path: Path) -> None:
    class Save(L.Callback):
        def on_train_batch_end(self, trainer: L.Trainer, pl_module: L.LightningModule, *_: Any) -> None:
            if trainer.global_step == 1:
                trainer.save_checkpoint(tmp_path / "middle.ckpt")

    straight = training()
    quiet_trainer(max_epochs=1, limit_val_batches=0, callbacks=[FrozenEncoder(1), Save()]).fit(straight, toy_data(8))
    start = {name: value.clone() for name, value in training().state_dict().items()}
    resumed, trainer = training(), quiet_trainer(max_epochs=1, limit_val_batches=0, callbacks=[FrozenEncoder(1)])
    trainer.fit(resumed, toy_data(8), ckpt_path=tmp_path / "middle.ckpt", weights_only=True)
    assert trainer.global_step > 1
    for module in (straight, resumed):
        assert not any(changed(start, module.state_dict(), "encoder"))
        assert any(changed(start, module.state_dict(), "decoder"))


def test_of_several_processes_gradients_are_dropped() -> None:
    module = training()
    trainer = quiet_trainer(max_epochs=1)
    for parameter in module.parameters():
        parameter.grad = torch.ones_like(parameter)
    FrozenEncoder(1).on_before_optimizer_step(trainer, module, torch.optim.SGD(module.parameters()))
    encoder = set(module.depth_model.encoder.parameters())
    assert all((parameter.grad is None) == (parameter in encoder) for parameter in module.parameters())
    FrozenEncoder(0).on_before_optimizer_step(trainer, module, torch.optim.SGD(module.parameters()))
    assert any(parameter.grad is not None for parameter in module.parameters())


def test_whatever_ends_the_training_the_network_is_left_as_it_was() -> None:
    class Fault(L.Callback):
        def on_train_batch_start(self, *_: Any) -> None:
            raise RuntimeError("broken")

    module = training()
    with pytest.raises(RuntimeError, match="broken"):
        quiet_trainer(max_epochs=1, callbacks=[FrozenEncoder(5), Fault()]).fit(module, toy_data(4))
    assert all(parameter.requires_grad for parameter in module.parameters())


def test_a_network_without_an_encoder_is_told() -> None:
    class Bare:
        depth_model = type("Network", (), {"backbone": None})

    with pytest.raises(InputError, match="frozen_encoder_epochs: this network has no encoder"):
        FrozenEncoder(1).on_fit_start(None, Bare())  # pyright: ignore[reportArgumentType]
