from itertools import pairwise

import pytest
import torch

from gradunc.errors import InputError
from gradunc.losses import LossEngine
from gradunc.training import DepthTraining, Optimization
from tests.training.helpers import quiet_trainer, tiny_model, toy_data


def rates(optimization: Optimization, epochs: int, batches: int = 1) -> list[float]:
    """The learning rate of every optimiser step of a real fit."""
    found: list[float] = []

    class Recorder(DepthTraining):
        def optimizer_step(self, *arguments, **keywords) -> None:
            found.append(self.trainer.optimizers[0].param_groups[0]["lr"])
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


def test_constant_stays() -> None:
    assert rates(Optimization(learning_rate=3e-3, schedule="constant"), epochs=2) == [3e-3] * 2


def test_defaults_are_those_of_monodepth2() -> None:
    configured = Optimization().configure(torch.nn.Linear(1, 1), 10)
    assert type(configured["optimizer"]) is torch.optim.Adam
    assert configured["optimizer"].defaults["lr"] == 1e-4
    assert configured["lr_scheduler"]["scheduler"].step_size == 15


def test_weight_decay_reaches_the_optimiser() -> None:
    configured = Optimization("adamw", weight_decay=0.05, schedule="constant").configure(torch.nn.Linear(1, 1), 10)
    assert type(configured["optimizer"]) is torch.optim.AdamW
    assert configured["optimizer"].defaults["weight_decay"] == 0.05


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"optimizer": "adamm"}, "unknown objective.optimizer 'adamm'; did you mean 'adam'"),
        ({"schedule": "stepp"}, "unknown objective.schedule 'stepp'; did you mean 'step'"),
    ],
)
def test_unknown_names(keywords: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Optimization(**keywords)
