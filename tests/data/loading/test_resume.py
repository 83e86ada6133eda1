"""A resumed run sees the samples and the augmentation of an uninterrupted one, from wherever it goes on."""

from pathlib import Path

import pytest
import torch
from lightning.pytorch.callbacks import ModelCheckpoint

from gradunc.callbacks import LastCheckpoint
from gradunc.losses import LossEngine
from gradunc.training import DepthTraining, Optimization
from tests.data.loading.test_datamodule import Recorder
from tests.training.helpers import quiet_trainer, tiny_model, toy_data

pytestmark = pytest.mark.slow

JITTER = {"flip": 0.5, "jitter": 1.0}
BATCHES = 3
"""Of an epoch: six of seven samples, two at a time."""


def fit(
    checkpoint: Path | None = None, workers: int = 0, save: Path | None = None, schedule: str = "step", **trainer
) -> list:
    """(indices, augmented images) of every training batch."""
    recorder = Recorder()
    data = toy_data(7, augmentation=JITTER, workers=workers, seed=5)
    module = DepthTraining(tiny_model(), LossEngine({"l1": 1.0}), optimization=Optimization(schedule=schedule))
    callbacks = [recorder, *trainer.pop("callbacks", ())]
    runner = quiet_trainer(callbacks=callbacks, limit_val_batches=1, **trainer)
    runner.fit(module, data, ckpt_path=None if checkpoint is None else str(checkpoint))
    if save is not None:
        runner.save_checkpoint(save)
    return [(batch["index"].tolist(), batch["augmented_image"]) for batch in recorder.training]


@pytest.fixture(scope="module")
def straight() -> list:
    return fit(max_epochs=3)


def same(found: list, expected: list) -> None:
    assert [indices for indices, _ in found] == [indices for indices, _ in expected]
    for (_, image), (_, other) in zip(found, expected, strict=True):
        assert torch.equal(image, other)


@pytest.fixture(scope="module")
def every_step(tmp_path_factory) -> dict[int, Path]:
    """Step -> the checkpoint after it."""
    folder = tmp_path_factory.mktemp("steps")
    saver = ModelCheckpoint(folder, filename="{step}", save_top_k=-1, every_n_train_steps=1)
    fit(max_epochs=2, callbacks=[saver], enable_checkpointing=True)
    return {int(path.stem.removeprefix("step=")): path for path in folder.iterdir()}


@pytest.mark.parametrize(("step", "workers"), [(1, 0), (2, 1), (3, 0), (3, 1), (5, 0), (6, 1)])
def test_from_any_step(straight, every_step, step, workers):
    same(fit(every_step[step], workers, max_epochs=3), straight[step:])


@pytest.mark.parametrize("schedule", ["poly", "onecycle", "cyclic"])
def test_with_a_schedule_over_all_steps(tmp_path, straight, schedule):
    """To count them Lightning makes the loader before it restores the checkpoint."""
    saver = ModelCheckpoint(tmp_path, filename="{step}", save_top_k=-1, every_n_train_steps=1)
    same(fit(schedule=schedule, max_epochs=3, callbacks=[saver], enable_checkpointing=True), straight)
    for step in (2, 3, 4):
        same(fit(tmp_path / f"step={step}.ckpt", schedule=schedule, max_epochs=3), straight[step:])


@pytest.mark.parametrize("workers", [0, 1])
def test_from_the_end_of_an_epoch(tmp_path, straight, workers):
    # Lightning begins to load before it names the epoch: with workers the first one's order came again.
    fit(max_epochs=2, callbacks=[LastCheckpoint(tmp_path)], enable_checkpointing=True)
    same(fit(tmp_path / "last.ckpt", workers, max_epochs=3), straight[2 * BATCHES :])


@pytest.mark.parametrize("steps", [2, 3, 4])
def test_a_run_that_max_steps_has_cut_goes_on_in_the_midst_of_the_epoch(tmp_path, straight, steps):
    first = fit(save=tmp_path / "cut.ckpt", max_epochs=-1, max_steps=steps)
    rest = fit(tmp_path / "cut.ckpt", max_epochs=-1, max_steps=3 * BATCHES)
    same(first + rest, straight)


def test_other_batches_begin_the_epoch_anew():
    loader = toy_data(8, seed=1).train_dataloader()
    first = [batch["index"].tolist() for batch in loader]
    loader.load_state_dict({"epoch": 0, "delivered": 2, "batches": 7})
    assert [batch["index"].tolist() for batch in loader] == first
    loader.load_state_dict({"epoch": 0, "delivered": 2, "batches": 4})
    assert loader.state_dict() == {"epoch": 0, "delivered": 2, "batches": 4}
    assert [batch["index"].tolist() for batch in loader] == first[2:]
    assert loader.state_dict()["epoch"] == 0
    assert sorted(index for batch in loader for index in batch["index"].tolist()) == list(range(8))
    assert loader.state_dict()["epoch"] == 1


def test_processes_share_the_batches_and_the_augmentation_of_one(monkeypatch):
    """Two processes with one sample each see together what one process with two samples sees."""

    class Trainer:
        training = True
        limit_train_batches = 1.0

        class fit_loop:
            class epoch_progress:
                class current:
                    processed = 4

        class strategy:
            root_device = torch.device("cpu")

    def batches(size: int, processes: int, rank: int) -> list[dict[int, torch.Tensor]]:
        data = toy_data(6, batch_size=size, augmentation=JITTER, seed=2)
        Trainer.world_size, Trainer.global_rank = processes, rank
        monkeypatch.setattr(data, "trainer", Trainer)
        loader = data.train_dataloader()
        moved = [data.transfer_batch_to_device(batch, torch.device("cpu"), 0) for batch in loader]
        return [dict(zip(one["index"].tolist(), one["augmented_image"], strict=True)) for one in moved]

    whole, first, second = batches(2, 1, 0), batches(1, 2, 0), batches(1, 2, 1)
    assert len(whole) == len(first) == len(second) == 3
    for together, one, other in zip(whole, first, second, strict=True):
        assert together.keys() == one.keys() | other.keys()
        for index, image in (one | other).items():
            torch.testing.assert_close(image, together[index], rtol=0, atol=1e-6)
