"""A signal ends a training with a checkpoint from which it goes on as if nothing had happened."""

import os
import signal
from pathlib import Path
from typing import Any

import lightning as L
import pytest
import torch

from gradunc.callbacks import LastCheckpoint, StopAfterStep, StopAtOnce, WeightAverage, WholeCheckpoints
from gradunc.losses import LossEngine
from gradunc.stopping import Stopped, handled
from gradunc.training import DepthTraining
from tests.training.helpers import quiet_trainer, tiny_model, toy_data

BATCHES = 3
"""Of an epoch: six of seven samples, two at a time."""


class Signal(L.Callback):
    """Sends signals to this process in the hook that was chosen, at its n-th call."""

    def __init__(self, hook: str, call: int, *numbers: int) -> None:
        self.calls = 0

        def send(*given: object) -> None:
            self.calls += 1
            for number in numbers if self.calls == call else ():
                os.kill(os.getpid(), number)

        setattr(self, hook, send)


class Steps(L.Callback):
    """Counts steps and validations."""

    def __init__(self) -> None:
        self.samples: list[list[int]] = []
        self.validated: list[int] = []

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        self.samples.append(batch["index"].tolist())

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        self.validated.append(trainer.global_step)


def fit(
    folder: Path,
    *more: L.Callback,
    steps: Steps | None = None,
    resume: bool = False,
    last: LastCheckpoint | None = None,
    batch_size: int = 2,
    **options: Any,
) -> tuple[Steps, DepthTraining]:
    steps, last = steps or Steps(), last or LastCheckpoint(folder)
    module = DepthTraining(tiny_model(), LossEngine({"l1": 1.0}))
    trainer = quiet_trainer(
        callbacks=[*more, steps, WeightAverage(0.9), last, StopAfterStep(last)],
        enable_checkpointing=True,
        plugins=[WholeCheckpoints()],
        **{"max_epochs": 3, "limit_val_batches": 2, **options},
    )
    with handled():
        trainer.fit(
            module, toy_data(7, seed=5, batch_size=batch_size), ckpt_path=folder / "last.ckpt" if resume else None
        )
    return steps, module


def stopped(folder: Path, *more: L.Callback, **options: Any) -> tuple[Steps, Stopped]:
    steps = Steps()
    with pytest.raises(Stopped) as stop:
        fit(folder, *more, steps=steps, **options)
    return steps, stop.value


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> tuple[Steps, DepthTraining]:
    return fit(tmp_path_factory.mktemp("straight"))


WHERE = [
    ("on_train_batch_start", 1, 1),
    ("on_train_batch_start", 5, 5),
    ("on_before_optimizer_step", 4, 4),
    ("on_train_batch_start", 3, 3),  # the last one of an epoch
    ("on_validation_batch_start", 1, 3),
    ("on_validation_batch_start", 4, 6),
    ("on_train_epoch_end", 1, 3),
    ("on_train_epoch_start", 2, 4),
    ("on_validation_batch_start", 5, 9),
]
"""Hook, its call in which the signal arrives, and the steps that are trained before the run ends."""


@pytest.mark.slow
@pytest.mark.parametrize(("hook", "call", "trained"), WHERE)
def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path, straight, hook, call, trained):
    before, stop = stopped(tmp_path, Signal(hook, call, signal.SIGTERM))
    assert stop.exit_code == 143
    assert len(before.samples) == trained
    after, module = fit(tmp_path, resume=True)
    steps, expected = straight
    assert before.samples + after.samples == steps.samples
    assert before.validated + after.validated == steps.validated == [3, 6, 9]
    for name, value in expected.state_dict().items():
        assert torch.equal(module.state_dict()[name], value), name


@pytest.mark.slow
@pytest.mark.parametrize(("hook", "call"), [("on_train_batch_start", 4), ("on_train_batch_start", 6)])
def test_a_part_of_the_batches(tmp_path, hook, call):
    """Two of three batches in an epoch: the loader's own count of its batches must not be asked."""
    straight, expected = fit(tmp_path / "straight", limit_train_batches=2)
    before, _ = stopped(tmp_path, Signal(hook, call, signal.SIGTERM), limit_train_batches=2)
    after, module = fit(tmp_path, resume=True, limit_train_batches=2)
    assert before.samples + after.samples == straight.samples
    assert len(straight.samples) == 6
    for name, value in expected.state_dict().items():
        assert torch.equal(module.state_dict()[name], value), name


class Noted(LastCheckpoint):
    """Notes the steps after which it saves."""

    def __init__(self, folder: Path, **options: Any) -> None:
        super().__init__(folder, **options)
        self.steps: list[int] = []

    def save(self, trainer: L.Trainer) -> None:
        super().save(trainer)
        self.steps.append(trainer.global_step)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"minutes": None}, [3, 6, 9]),
        # Behind the last batch of an epoch comes the validation, and then the checkpoint of the epoch.
        ({"minutes": 1e-9}, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ({"every_n_epochs": 2}, [6, 9]),
        ({"every_n_epochs": 9, "minutes": 1e-9}, [1, 2, 4, 5, 7, 8, 9]),
    ],
)
def test_when_checkpoints_are_saved(tmp_path, options, expected):
    last = Noted(tmp_path, **options)
    fit(tmp_path, last=last)
    assert last.steps == expected
    assert torch.load(tmp_path / "last.ckpt", weights_only=True)["global_step"] == 9


def test_time_counts_from_the_checkpoint_before(tmp_path, monkeypatch):
    """Seven minutes for each step: the third one is within 10 minutes of the second."""
    last = Noted(tmp_path, minutes=10.0, every_n_epochs=9)
    passed = [0.0]

    class Clock(L.Callback):
        def on_train_batch_start(self, *given: object) -> None:
            passed[0] += 7 * 60

    monkeypatch.setattr("gradunc.callbacks.last.time.monotonic", lambda: passed[0])
    fit(tmp_path, Clock(), last=last, max_epochs=1, limit_train_batches=1.0, batch_size=1)
    assert last.steps == [2, 4, 6, 7]


def test_a_timed_checkpoint_is_one_to_go_on_from(tmp_path, straight):
    """A kill behind it costs the steps since then only."""

    class Kill(L.Callback):
        def on_train_batch_start(self, trainer: Any, *given: object) -> None:
            if trainer.global_step == 4:
                raise KeyError("killed")

    before = Steps()
    with pytest.raises(KeyError, match="killed"):
        fit(tmp_path, Kill(), steps=before, last=LastCheckpoint(tmp_path, minutes=1e-9))
    after, module = fit(tmp_path, resume=True)
    steps, expected = straight
    assert before.samples + after.samples == steps.samples
    for name, value in expected.state_dict().items():
        assert torch.equal(module.state_dict()[name], value), name


def test_an_interrupted_epoch_without_a_checkpoint_of_its_own_gets_one(tmp_path):
    hurry = Signal("on_validation_batch_start", 1, signal.SIGINT)
    stopped(tmp_path, hurry, last=LastCheckpoint(tmp_path, every_n_epochs=5))
    assert torch.load(tmp_path / "last.ckpt", weights_only=True)["global_step"] == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_signal_leaves_a_checkpoint(tmp_path, number):
    _, stop = stopped(tmp_path, Signal("on_train_batch_start", 2, number), max_epochs=1)
    assert stop.number == number
    assert torch.load(tmp_path / "last.ckpt", weights_only=True)["global_step"] == 2


def test_no_optimiser_step_is_cut(tmp_path):
    """Gradients of half a step are in no checkpoint."""
    hurry = Signal("on_train_batch_start", 1, signal.SIGTERM)
    before, _ = stopped(tmp_path, hurry, accumulate_grad_batches=2)
    assert len(before.samples) == 2
    assert torch.load(tmp_path / "last.ckpt", weights_only=True)["global_step"] == 1


def test_the_last_of_max_steps_is_followed_by_the_end_of_the_epoch(tmp_path):
    before, _ = stopped(tmp_path, Signal("on_train_batch_start", 2, signal.SIGTERM), max_steps=2)
    assert len(before.samples) == 2
    after, _ = fit(tmp_path, resume=True, max_steps=2)
    assert after.samples == []


def test_a_second_signal_does_not_wait(tmp_path):
    before, stop = stopped(tmp_path, Signal("on_train_batch_start", 2, signal.SIGINT, signal.SIGINT))
    assert stop.exit_code == 130
    assert len(before.samples) == 1
    assert not (tmp_path / "last.ckpt").exists()


@pytest.mark.parametrize("stage", ["validate", "test"])
def test_outside_a_training_nothing_waits(stage):
    hurry = Signal("on_validation_batch_start" if stage == "validate" else "on_test_batch_start", 1, signal.SIGTERM)
    module = DepthTraining(tiny_model(), LossEngine({"l1": 1.0}))
    module.test_step = module.validation_step
    trainer = quiet_trainer(callbacks=[hurry, StopAtOnce()])
    with pytest.raises(Stopped), handled():
        getattr(trainer, stage)(module, toy_data(3))
    assert hurry.calls == 1


def test_processes_of_this_run_end_with_it():
    """Others would wait for it for ever, and Lightning would kill it before it has told the reason."""

    class Process:
        killed = False

        def kill(self) -> None:
            self.killed = True

    class Launcher:
        def __init__(self) -> None:
            self.procs = [Process(), Process()]

    launcher = Launcher()
    started, observed = list(launcher.procs), launcher.procs
    trainer = quiet_trainer()
    trainer.strategy._launcher = launcher
    StopAtOnce().on_exception(trainer, DepthTraining(tiny_model(), LossEngine({"l1": 1.0})), Stopped(15))
    assert all(process.killed for process in started)
    assert observed == [], "what Lightning's thread looks at"
