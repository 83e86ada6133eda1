"""How far a validation or test goes, counted by hand."""

from types import SimpleNamespace
from typing import Any

import lightning as L
import pytest
from torch.utils.data import DataLoader

from gradunc.callbacks.stages import Stage, StageCallback, reached
from gradunc.losses import LossEngine
from gradunc.training import DepthTraining
from tests.training.helpers import Toy, quiet_trainer, sample, tiny_model, toy_data


class Watch(StageCallback):
    """What `reached` says, and the samples that came."""

    def __init__(self) -> None:
        self.said: list[int] = []
        self.seen: list[int] = []

    def begin(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: Stage) -> None:
        self.said.append(reached(trainer, stage))

    def see(self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, stage: Stage) -> None:
        self.seen += batch["index"].tolist()


def watched(run: str, data: Any, **options: Any) -> Watch:
    watch = Watch()
    trainer = quiet_trainer(callbacks=[watch], **options)
    getattr(trainer, run)(DepthTraining(tiny_model(), LossEngine({"l1": 1.0})), data)
    return watch


@pytest.mark.parametrize("run", ["fit", "validate", "test"])
@pytest.mark.parametrize(
    ("limit", "batch_size", "expected"),
    # 7 samples: in batches of 3 these are 3, 3 and 1; a share of the batches is rounded down.
    [(1.0, 3, 7), (1, 3, 3), (2, 3, 6), (3, 3, 7), (99, 3, 7), (0.5, 3, 3), (2, 1, 2), (0.5, 1, 3)],
)
def test_the_samples_that_come_are_those_that_were_said(run: str, limit: float, batch_size: int, expected: int) -> None:
    options = {"limit_val_batches": limit, "limit_test_batches": limit, "limit_train_batches": 1}
    watch = watched(run, toy_data(7, eval_batch_size=batch_size), **options)
    assert watch.said == [expected]
    assert watch.seen == list(range(expected))


def test_every_process_sees_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    # Two processes with samples 0 2 4 6 and 1 3 5: a batch of two from each are the samples 0 to 3.
    monkeypatch.setattr(L.Trainer, "world_size", 2)
    assert watched("validate", DataLoader(Toy([sample(i) for i in range(7)]), 2), limit_val_batches=1).said == [4]


@pytest.mark.parametrize("loaders", [None, [DataLoader(Toy([])), DataLoader(Toy([]))]])
def test_no_choice_among_several_loaders_or_none(loaders: Any) -> None:
    trainer: Any = SimpleNamespace(val_dataloaders=loaders, num_val_batches=[1, 1])
    assert reached(trainer, "val") == 0
