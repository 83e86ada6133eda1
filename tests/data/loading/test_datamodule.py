import lightning as L
import pytest
import torch

from gradunc.data.loading.datamodule import DepthData
from gradunc.errors import InputError
from gradunc.losses import LossEngine
from gradunc.training import DepthTraining
from gradunc.types import Sample
from tests.training.helpers import Toy, quiet_trainer, sample, tiny_model, toy_data

JITTER = {"flip": 0.5, "jitter": 1.0}


class Recorder(L.Callback):
    """Batches as the training and validation steps saw them."""

    def __init__(self) -> None:
        self.training: list[Sample] = []
        self.validation: list[Sample] = []

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx) -> None:
        self.training.append(batch)

    def on_validation_batch_start(self, trainer, pl_module, batch, batch_idx, dataloader_idx=0) -> None:
        self.validation.append(batch)


def fit(data: DepthData, epochs: int = 2, model_seed: int = 0) -> Recorder:
    recorder = Recorder()
    module = DepthTraining(tiny_model(model_seed), LossEngine({"l1": 1.0}))
    quiet_trainer(max_epochs=epochs, callbacks=[recorder]).fit(module, data)
    return recorder


def order(recorder: Recorder) -> list[list[int]]:
    return [batch["index"].tolist() for batch in recorder.training]


def test_order_depends_on_seed_and_epoch_only() -> None:
    first = order(fit(toy_data(6, seed=3)))
    torch.rand(17)
    assert order(fit(toy_data(6, seed=3), model_seed=1)) == first
    assert order(fit(toy_data(6, seed=4))) != first
    epochs = [[i for batch in first[part] for i in batch] for part in (slice(0, 3), slice(3, 6))]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(6))
    assert epochs[0] != epochs[1]


def test_incomplete_training_batches_are_dropped_and_evaluation_keeps_all() -> None:
    recorder = fit(toy_data(5, eval_batch_size=2), epochs=1)
    assert [len(indices) for indices in order(recorder)] == [2, 2]
    assert [batch["index"].tolist() for batch in recorder.validation] == [[0, 1], [2, 3], [4]]


@pytest.mark.parametrize("loader", ["val_dataloader", "test_dataloader", "predict_dataloader"])
def test_evaluation_is_in_order(loader: str) -> None:
    batches = list(getattr(toy_data(3), loader)())
    assert [int(batch["index"]) for batch in batches] == [0, 1, 2]


def test_fewer_samples_than_a_batch() -> None:
    with pytest.raises(InputError, match=r"train split has 3 samples for 1 process.*data.batch_size=4; lower it"):
        toy_data(3, batch_size=4).train_dataloader()


def test_an_empty_split_is_named() -> None:
    with pytest.raises(InputError, match="the val split holds no sample"):
        DepthData(lambda split: Toy([])).prepare("val")


def test_splits_are_made_once_and_when_needed() -> None:
    made: list[str] = []

    def make(split: str) -> Toy:
        made.append(split)
        return Toy([sample(0)])

    data = DepthData(make, batch_size=1)
    data.prepare("test")
    data.test_dataloader()
    data.train_dataloader()
    assert made == ["test", "train"]


def test_augmentation_only_while_training() -> None:
    recorder = fit(toy_data(4, augmentation=JITTER), epochs=1)
    assert all("augmented_image" in batch for batch in recorder.training)
    assert not any("augmented_image" in batch for batch in recorder.validation)
    plain = torch.stack([sample(i)["image"] for i in range(4)])
    assert torch.equal(torch.cat([batch["image"] for batch in recorder.validation]), plain)
    assert not any("augmented_image" in batch for batch in fit(toy_data(4), epochs=1).training)


def test_augmentation_is_reproducible_and_changes_with_every_step() -> None:
    first, again, other = (fit(toy_data(2, augmentation=JITTER, seed=seed), epochs=3) for seed in (1, 1, 2))

    def images(recorder: Recorder) -> list[torch.Tensor]:
        # In the order of the set, so that shuffling plays no part.
        return [batch["augmented_image"][batch["index"].argsort()] for batch in recorder.training]

    assert all(torch.equal(a, b) for a, b in zip(images(first), images(again), strict=True))
    assert not torch.equal(images(first)[0], images(other)[0])
    assert not torch.equal(images(first)[0], images(first)[1])
