import math
from itertools import chain, pairwise

import pytest
import torch

from gradunc.errors import InputError
from gradunc.losses import LossEngine
from gradunc.training import DepthTraining, Optimization
from tests.training.helpers import SpyPose, quiet_trainer, tiny_model, toy_data


def rates(optimization: Optimization, epochs: int, batches: int = 1, group: int = 0) -> list[float]:
    """The learning rate of every optimiser step of a real fit."""
    found: list[float] = []

    class Recorder(DepthTraining):
        def optimizer_step(self, *arguments, **keywords) -> None:
            found.append(self.trainer.optimizers[0].param_groups[group]["lr"])
            super().optimizer_step(*arguments, **keywords)

    module = Recorder(tiny_model(), LossEngine({"l1": 1.0}), optimization=optimization)
    trainer = quiet_trainer(max_epochs=epochs, limit_train_batches=batches, limit_val_batches=0)
    trainer.fit(module, toy_data(2 * batches, batch_size=2))
    return found


def test_step_drops_after_fifteen_complete_epochs() -> None:
    # Epochs count from 0: 0..14 are fifteen at the full rate.
    found = rates(Optimization(learning_rate=1e-4), epochs=17)
    assert found == pytest.approx([1e-4] * 15 + [1e-5] * 2)


def test_step_counts_epochs_and_not_batches() -> None:
    found = rates(Optimization(learning_rate=1.0, step_size=2, gamma=0.5), epochs=5, batches=2)
    assert found == pytest.approx([1.0] * 4 + [0.5] * 4 + [0.25] * 2)


def test_onecycle_spans_the_whole_run() -> None:
    found = rates(Optimization(learning_rate=1e-2, schedule="onecycle"), epochs=10, batches=2)
    assert len(found) == 20
    # torch's defaults: from peak/25 up, and down to peak/25e4; the peak at a tenth of the steps.
    assert found[0] == pytest.approx(1e-2 / 25)
    assert max(found) == pytest.approx(1e-2)
    assert found.index(max(found)) == 1
    assert found[-1] == pytest.approx(1e-2 / 25 / 1e4)
    assert all(later < earlier for earlier, later in pairwise(found[1:]))


def test_onecycle_of_another_shape() -> None:
    # AdaBins: rises from peak/25 for three tenths, falls to a hundredth of the start.
    shape = {"onecycle_rise": 0.3, "onecycle_start": 25.0, "onecycle_end": 100.0}
    found = rates(Optimization(learning_rate=1e-2, schedule="onecycle", **shape), epochs=10, batches=2)
    assert found[0] == pytest.approx(4e-4)
    assert found.index(max(found)) == 5
    assert found[-1] == pytest.approx(4e-6)


def test_poly_by_hand() -> None:
    found = rates(Optimization(learning_rate=1.0, schedule="poly"), epochs=2, batches=2)
    assert found == pytest.approx([1.0, 0.75**0.9, 0.5**0.9, 0.25**0.9])


@pytest.mark.parametrize(
    ("cycles", "angles"),
    [
        (2, [0, 1 / 4, 2 / 4, 3 / 4, 0, 1 / 4, 2 / 4, 3 / 4]),
        # ceil(8 / 3) = 3: the last cycle is cut.
        (3, [0, 1 / 3, 2 / 3, 0, 1 / 3, 2 / 3, 0, 1 / 3]),
    ],
)
def test_cyclic_by_hand(cycles: int, angles: list[float]) -> None:
    """lr/2 (cos(pi mod(t, ceil(T/C)) / ceil(T/C)) + 1), Huang et al. 2017."""
    found = rates(Optimization(learning_rate=0.1, schedule="cyclic", cycles=cycles), epochs=4, batches=2)
    assert found == pytest.approx([0.05 * (math.cos(math.pi * angle) + 1) for angle in angles])


def test_constant_stays() -> None:
    assert rates(Optimization(learning_rate=3e-3, schedule="constant"), epochs=2) == [3e-3] * 2


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("constant", [0.25, 0.5, 0.75, 1, 1, 1]),
        # A drop to half after two epochs of two steps, in the middle of nothing: the warm-up is over.
        ("step", [0.25, 0.5, 0.75, 1, 0.5, 0.5]),
        ("poly", [part * (1 - t / 6) ** 0.9 for t, part in enumerate([0.25, 0.5, 0.75, 1, 1, 1])]),
    ],
)
def test_warm_up_rises_in_equal_parts(schedule: str, expected: list[float]) -> None:
    numbers = {"step_size": 2, "gamma": 0.5} if schedule == "step" else {}
    optimization = Optimization(learning_rate=1.0, schedule=schedule, warmup_steps=4, **numbers)
    assert rates(optimization, epochs=3, batches=2) == pytest.approx(expected)


def test_a_drop_during_the_warm_up_counts_too() -> None:
    optimization = Optimization(learning_rate=1.0, step_size=1, gamma=0.5, warmup_steps=4)
    assert rates(optimization, epochs=3, batches=2) == pytest.approx([0.25, 0.5, 0.375, 0.5, 0.25, 0.25])


def test_one_step_of_warm_up_is_none() -> None:
    assert rates(Optimization(learning_rate=1.0, schedule="constant", warmup_steps=1), epochs=2) == [1.0, 1.0]


@pytest.mark.parametrize("schedule", ["constant", "step", "poly", "onecycle", "cyclic"])
def test_the_encoder_follows_the_schedule_at_its_own_rate(schedule: str) -> None:
    warm_up = 0 if schedule in ("onecycle", "cyclic") else 3
    optimization = Optimization(
        learning_rate=1e-2,
        encoder_learning_rate=1e-3,
        schedule=schedule,
        step_size=1 if schedule == "step" else 15,
        warmup_steps=warm_up,
    )
    encoder, others = (rates(optimization, epochs=3, batches=2, group=group) for group in (0, 1))
    assert others == pytest.approx([10 * rate for rate in encoder])


def test_parameter_groups_are_complete_and_disjoint() -> None:
    module = DepthTraining(
        tiny_model(), LossEngine({"photometric": 1.0}), frames=[1], pose_network=SpyPose((0.0, 0, 0), (0, 0, 0))
    )
    for rate in (None, 1e-5):
        groups = Optimization(encoder_learning_rate=rate).parameter_groups(module, module.depth_model.encoder)
        members = [[id(parameter) for parameter in group["params"]] for group in groups]
        assert sorted(chain(*members)) == sorted(id(parameter) for parameter in module.parameters())
        assert len(groups) == (1 if rate is None else 2)
    assert set(members[0]) == {id(parameter) for parameter in module.depth_model.encoder.parameters()}
    assert [(group["name"], group["lr"]) for group in groups] == [("encoder", 1e-5), ("others", 1e-4)]
    (optimizer,), _ = Optimization(encoder_learning_rate=1e-5).configure(module, lambda: 10, module.depth_model.encoder)
    assert [group["lr"] for group in optimizer.param_groups] == [1e-5, 1e-4]


def test_a_network_without_an_encoder_has_no_rate_for_it() -> None:
    for option in ("encoder_learning_rate", "layer_decay"):
        with pytest.raises(InputError, match=rf"objective\.{option}: .* no encoder"):
            Optimization(**{option: 1e-5}).configure(torch.nn.Linear(1, 1), lambda: 10)


@pytest.mark.parametrize(("rate", "base"), [(None, 1e-2), (1e-3, 1e-3)])
def test_rates_fall_towards_the_image(rate: float | None, base: float) -> None:
    """By hand: three layers at shares 1/2, 1/4 and 1/8, and the decoder at its own rate."""

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            block = [torch.nn.Sequential(torch.nn.Sequential(torch.nn.Linear(1, 1))) for _ in range(3)]
            self.encoder = torch.nn.ModuleList(block)
            # What the last layer shares with the first has the rate of the first.
            block[2][0].shared = block[0][0][0]
            self.decoder = torch.nn.Linear(1, 1)

    network = Network()
    made = Optimization(learning_rate=1e-2, encoder_learning_rate=rate, layer_decay=0.5)
    groups = made.parameter_groups(network, network.encoder)
    expected = [("encoder.0", base / 8, 2), ("encoder.1", base / 4, 2), ("encoder.2", base / 2, 2), ("others", 1e-2, 2)]
    assert [(group["name"], group["lr"], len(group["params"])) for group in groups] == expected


def test_defaults_are_those_of_monodepth2() -> None:
    (optimizer,), (schedule,) = Optimization().configure(torch.nn.Linear(1, 1), lambda: 10)
    assert type(optimizer) is torch.optim.Adam
    assert optimizer.defaults["lr"] == 1e-4
    assert schedule["scheduler"].step_size == 15


def test_weight_decay_reaches_the_optimiser() -> None:
    made = Optimization("adamw", weight_decay=0.05, schedule="constant").configure(torch.nn.Linear(1, 1), lambda: 10)
    assert type(made[0][0]) is torch.optim.AdamW
    assert made[0][0].defaults["weight_decay"] == 0.05
    assert made[1] == []


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"optimizer": "adamm"}, "unknown objective.optimizer 'adamm'; did you mean 'adam'"),
        ({"schedule": "stepp"}, "unknown objective.schedule 'stepp'; did you mean 'step'"),
        ({"schedule": "onecycle", "warmup_steps": 5}, r"warmup_steps=5, but onecycle rises by itself"),
        ({"schedule": "cyclic", "warmup_steps": 5}, r"warmup_steps=5, but cycles of cyclic begin at the full rate"),
    ],
)
def test_unknown_names(keywords: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Optimization(**keywords)
