"""The average of the weights: by hand, where it is used, and that training itself does not notice."""

from pathlib import Path
from typing import Any

import lightning as L
import pytest
import torch
from torch import Tensor, nn

from gradunc.callbacks import WeightAverage
from gradunc.callbacks.average import CURRENT
from gradunc.losses import LossEngine
from gradunc.models import load_model
from gradunc.training import DepthTraining, Optimization
from tests.training.helpers import quiet_trainer, tiny_model, toy_data

pytestmark = pytest.mark.slow

State = dict[str, Tensor]


def copy(module: nn.Module) -> State:
    return {name: value.clone() for name, value in module.state_dict().items()}


class Watch(L.Callback):
    """Keeps the weights after every step and as every validation sees them."""

    def __init__(self) -> None:
        self.steps: list[State] = []
        self.validated: list[State] = []

    def on_fit_start(self, trainer: Any, pl_module: L.LightningModule) -> None:
        self.steps.append(copy(pl_module))

    def on_train_batch_end(self, trainer: Any, pl_module: L.LightningModule, *_: Any) -> None:
        self.steps.append(copy(pl_module))

    def on_validation_batch_end(self, trainer: Any, pl_module: L.LightningModule, *_: Any) -> None:
        self.validated.append(copy(pl_module))


def training() -> DepthTraining:
    return DepthTraining(tiny_model(), LossEngine({"l1": 1.0}), optimization=Optimization(learning_rate=1e-2))


def fit(*callbacks: L.Callback, **keywords: Any) -> tuple[L.Trainer, DepthTraining, Watch]:
    watch, module = Watch(), training()
    trainer = quiet_trainer(**{"callbacks": [*callbacks, watch], "max_epochs": 2, "limit_val_batches": 1, **keywords})
    trainer.fit(module, toy_data(4), ckpt_path=None)
    return trainer, module, watch


def averages(steps: list[State], decay: float) -> list[State]:
    """By the formula, in float64; integers (how many batches a norm has seen) are taken over."""
    result = [{name: value.double() for name, value in steps[0].items()}]
    for t, weights in enumerate(steps[1:]):
        keep = min(decay, (1 + t) / (10 + t))
        result.append(
            {
                name: keep * result[-1][name] + (1 - keep) * value.double() if value.is_floating_point() else value
                for name, value in weights.items()
            }
        )
    return result


def agree(found: State, expected: State) -> bool:
    return all(torch.allclose(found[name].double(), value.double(), atol=1e-6) for name, value in expected.items())


@pytest.mark.parametrize("decay", [0.15, 0.999])
def test_average_by_hand_and_seen_by_validation_only(decay: float) -> None:
    _, module, watch = fit(WeightAverage(decay))
    expected = averages(watch.steps, decay)
    assert len(expected) == 5
    assert agree(watch.validated[0], expected[2])
    assert agree(watch.validated[1], expected[4])
    assert not agree(watch.validated[1], watch.steps[4])
    # Training goes the way it goes without an average.
    _, plain, alone = fit()
    for step, other in zip(watch.steps, alone.steps, strict=True):
        assert all(torch.equal(step[name], value) for name, value in other.items())
    assert all(torch.equal(module.state_dict()[name], value) for name, value in plain.state_dict().items())


def test_only_optimiser_steps_count() -> None:
    callback = WeightAverage(0.5)
    _, _, watch = fit(callback, accumulate_grad_batches=2)
    assert callback.updates == 2
    assert agree(watch.validated[1], averages(watch.steps[::2], 0.5)[2])


def test_a_checkpoint_holds_the_average_and_what_training_goes_on_with(tmp_path: Path) -> None:
    trainer, module, watch = fit(WeightAverage(0.5))
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    stored = torch.load(tmp_path / "a.ckpt", weights_only=True)
    assert agree(stored["state_dict"], averages(watch.steps, 0.5)[4])
    assert all(torch.equal(stored[CURRENT][name], value) for name, value in module.state_dict().items())
    loaded = load_model(tmp_path / "a.ckpt").state_dict()
    assert all(torch.equal(value, stored["state_dict"][f"depth_model.{name}"]) for name, value in loaded.items())


def test_the_test_takes_the_average(tmp_path: Path) -> None:
    trainer, module, _ = fit(WeightAverage(0.5))
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    trainer.test(module, toy_data(4), ckpt_path=str(tmp_path / "a.ckpt"), verbose=False)
    expected = torch.load(tmp_path / "a.ckpt", weights_only=True)["state_dict"]
    assert all(torch.equal(module.state_dict()[name], value) for name, value in expected.items())


def test_resumed_equals_uninterrupted(tmp_path: Path) -> None:
    straight, _, _ = fit(WeightAverage(0.5), max_epochs=2)
    straight.save_checkpoint(tmp_path / "straight.ckpt")
    first, _, _ = fit(WeightAverage(0.5), max_epochs=1)
    first.save_checkpoint(tmp_path / "first.ckpt")
    second = quiet_trainer(callbacks=[WeightAverage(0.5)], max_epochs=2, limit_val_batches=1)
    second.fit(training(), toy_data(4), ckpt_path=str(tmp_path / "first.ckpt"))
    second.save_checkpoint(tmp_path / "resumed.ckpt")
    one, two = (torch.load(tmp_path / name, weights_only=True) for name in ("straight.ckpt", "resumed.ckpt"))
    for part in ("state_dict", CURRENT):
        for name, value in one[part].items():
            torch.testing.assert_close(two[part][name], value, rtol=1e-6, atol=1e-7)
    assert one["callbacks"]["WeightAverage"] == two["callbacks"]["WeightAverage"] == {"updates": 4}


def test_weights_that_two_names_share_are_put_back() -> None:
    class Tied(L.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.a = nn.Linear(2, 2)
            self.b = self.a

    module, callback = Tied(), WeightAverage(0.5)
    trainer = L.Trainer(logger=False, enable_checkpointing=False, accelerator="cpu")
    start = module.a.weight.clone()
    callback.on_fit_start(trainer, module)
    with torch.no_grad():
        module.a.weight.add_(1.0)
    before = module.a.weight.clone()
    callback.on_validation_epoch_start(trainer, module)
    assert torch.equal(module.a.weight, start)
    callback.on_validation_epoch_end(trainer, module)
    assert torch.equal(module.a.weight, before)
