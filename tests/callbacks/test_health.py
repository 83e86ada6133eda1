from typing import Any

import lightning as L
import pytest
import torch
from torch import Tensor, nn

from gradunc.callbacks import HealthCallback, health
from gradunc.callbacks.health import health_of, illness
from gradunc.data.loading.datamodule import DepthData
from gradunc.losses import LossEngine
from gradunc.training import DepthTraining, Optimization
from tests.training.helpers import SpyPose, Toy, quiet_trainer, sample, tiny_model


def test_spread_and_masked_share_by_hand():
    """Disparities 1, 1, 3, 3: mean 2, standard deviation (n - 1) 2/sqrt(3); a constant one spreads by 0."""
    disparity = torch.tensor([[1.0, 1, 3, 3], [2, 2, 2, 2]]).view(2, 1, 2, 2)
    mask = torch.tensor([[True, False, False, False], [True, True, True, False]]).view(2, 1, 2, 2)
    spread, masked = health_of(1 / disparity, mask)
    assert float(spread) == pytest.approx((1 / 3**0.5 + 0) / 2)
    assert float(masked) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("spread", "masked", "words"),
    [
        (0.003, 0.60, "spreads by 0.003 of its mean (below 0.05): one depth everywhere; lower objective.learning_rate"),
        (8.9, 0.62, "spreads by 8.9 of its mean (above 3.0): holes in the far; lower objective.learning_rate"),
        (0.4, 0.7, "out 70.0% of the pixels (above 65%): no view explains them; with neighbours in time"),
        (0.235, 0.48, ""),
        (0.98, 0.3, ""),
    ],
)
def test_collapses_that_were_measured_and_healthy_trainings(spread, masked, words):
    told = illness(spread, masked)
    assert words in told
    assert bool(told) == bool(words)


def test_a_step_that_is_not_finite_says_nothing():
    """It is skipped by trainer.on_nonfinite=skip, and the means go on without it, also if it was the first one."""
    watch = HealthCallback()
    trainer = type("Trainer", (), {"global_step": 1, "log_every_n_steps": 10})
    ramp = torch.linspace(1, 3, 64).view(1, 1, 8, 8)
    expected = float(health_of(ramp, ramp > 0).spread)
    for broken in (True, False, False, True, False):
        depth = ramp * torch.nan if broken else ramp
        outputs = {"prediction": type("Prediction", (), {"depth": depth}), "maps": {"auto_mask": ramp > 0}}
        watch.on_train_batch_end(trainer, None, outputs, None, 0)
    assert watch.state_dict()["means"].tolist() == pytest.approx([expected, 0.0])


class Scripted(L.LightningModule):
    """One parameter; its step says the next depth and mask of a script."""

    def __init__(self, healthy: list[bool]) -> None:
        super().__init__()
        self.healthy, self.weight = healthy, nn.Parameter(torch.zeros(()))

    def training_step(self, batch: Tensor, batch_idx: int) -> dict[str, Any]:
        ramp = torch.linspace(1, 3, 64).view(1, 1, 8, 8)
        depth = ramp if self.healthy[batch_idx] else torch.full_like(ramp, 2.0)
        maps = {"auto_mask": torch.ones_like(depth, dtype=torch.bool)}
        prediction = type("Prediction", (), {"depth": depth})
        return {"loss": self.weight**2, "prediction": prediction, "maps": maps}

    def configure_optimizers(self) -> Any:
        return torch.optim.SGD(self.parameters(), 0.1)


def fit(script: list[bool], watch: HealthCallback) -> HealthCallback:
    trainer = quiet_trainer(callbacks=[watch], log_every_n_steps=10, limit_train_batches=len(script))
    trainer.fit(Scripted(script), torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.zeros(len(script)))))
    return watch


def test_a_line_once_per_collapse_and_none_in_the_first_steps(capsys):
    """Flat until step 100: nothing. Flat again from 220 on: the mean of 25 steps or so falls below 0.05 later."""
    assert fit([False] * 100 + [True] * 150, HealthCallback()).told == []
    watch = fit([True] * 220 + [False] * 150 + [True] * 100 + [False] * 150, HealthCallback())
    assert len(watch.told) == 2
    first, second = (int(line.split("step ")[1].split(":")[0]) for line in watch.told)
    # The spread of 1/x, x even in 1..3, is about 0.33: 0.33 * 0.96^n < 0.05 after 46 steps.
    assert 260 <= first <= 280
    assert 510 <= second <= 530
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("train/health: ")]
    assert told == watch.told


def test_a_resumed_run_goes_on_with_the_means():
    watch, resumed = fit([True] * 120, HealthCallback()), HealthCallback()
    resumed.load_state_dict(watch.state_dict())
    assert torch.equal(resumed.state_dict()["means"], watch.state_dict()["means"])


def trained(factor: float, *, parked: bool, steps: int = 3) -> tuple[list[str], dict[str, float]]:
    """A few steps of a real training whose heads are multiplied: by 0 the network says one depth everywhere."""
    model = tiny_model()
    for name, weights in model.named_parameters():
        if "heads" in name and name.endswith("weight"):
            weights.data *= factor
    samples = [sample(index, 2) for index in range(2 * steps)]
    for one in samples:
        if parked:
            one["sources"] = torch.stack([one["image"]] * 2)
    pose, watch = SpyPose((0.0, 0, 0), (0.0, 0, 0.02)), HealthCallback()
    frozen = Optimization(learning_rate=1e-12)
    module = DepthTraining(model, LossEngine({"photometric": 1.0}), [-1, 1], pose, frozen)
    data = Toy(samples)
    trainer = quiet_trainer(callbacks=[watch], log_every_n_steps=1, limit_val_batches=0)
    trainer.fit(module, DepthData(lambda split: data, batch_size=2))
    return watch.told, {name: float(value) for name, value in trainer.logged_metrics.items()}


@pytest.mark.parametrize(
    ("factor", "parked", "words"),
    [(0.0, False, "one depth everywhere"), (30.0, False, ""), (30.0, True, "no view explains them")],
)
def test_real_networks(monkeypatch, factor, parked, words):
    """A collapsed network, a healthy one, and one that is shown the films of a parked car."""
    monkeypatch.setattr(health, "PATIENCE", 0)
    told, logged = trained(factor, parked=parked)
    assert [words in line for line in told] == ([True] if words else [])
    assert (
        logged["train/health_spread"] == pytest.approx(0.0, abs=1e-3)
        if not factor
        else logged["train/health_spread"] > 0.05
    )
    assert (logged["train/health_masked"] > 0.65) == parked


def test_trainings_without_views_are_left_alone():
    watch = HealthCallback()
    module = DepthTraining(tiny_model(), LossEngine({"l1": 1.0}))
    data = Toy([sample(0), sample(1)])
    trainer = quiet_trainer(callbacks=[watch], log_every_n_steps=1, limit_val_batches=0)
    trainer.fit(module, DepthData(lambda split: data, batch_size=2))
    assert not [name for name in trainer.logged_metrics if "health" in name]
