"""Checkpoints between two steps, in time and when a signal ends a run: a resumed run equals an uninterrupted one."""

from types import FrameType
from typing import Any, cast

import lightning as L
import torch
from lightning.pytorch.callbacks import Checkpoint
from lightning.pytorch.trainer.states import TrainerFn
from torch import Tensor

from gradunc.callbacks.last import LastCheckpoint
from gradunc.callbacks.slurm import requeue, requeue_signal
from gradunc.stopping import ENDING, Stopped, install, stop_at_once


class StopAtOnce(L.Callback):
    """End a run with `Stopped` when a signal asks for it, and with it the processes that Lightning has started.

    Lightning's handlers (2.6) are replaced: theirs end the command with code 0, talk to the other processes in the
    midst of any step, and save a requeued job's checkpoint at any place in a step, where no resumed run could equal an
    uninterrupted one.
    """

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Take the signals over."""
        install(stop_at_once, *ENDING)

    def on_validation_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Take the signals over, unless this is a part of a training."""
        if trainer.state.fn != TrainerFn.FITTING:
            install(stop_at_once, *ENDING)

    def on_test_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Take the signals over."""
        install(stop_at_once, *ENDING)

    def on_exception(self, trainer: L.Trainer, pl_module: L.LightningModule, exception: BaseException) -> None:
        """End the processes that this one has started: they would wait for it, and Lightning would kill it for them."""
        processes = getattr(trainer.strategy.launcher, "procs", [])
        for process in processes:
            process.kill()
        processes.clear()  # the list of Lightning's observer, too


class StopAfterStep(StopAtOnce, Checkpoint):
    """End a training with a checkpoint from which a resumed run equals an uninterrupted one.

    The signal is noted. After the next optimiser step, or at the end of the epoch if validation has begun, `last.ckpt`
    is saved, and the run ends. A second signal ends it at once, and so does the first one in the test. With several
    processes all stop after the same step, whichever of them got the signal.

    Without a signal, `last.ckpt` is saved between two steps whenever it is due.

    Under SLURM the signal of `#SBATCH --signal=USR1@SECONDS` ends the run in the same way, and the job is requeued.

    A subclass of `Checkpoint`, so that Lightning calls it behind those whose state a checkpoint holds.

    Args:
        last: saves the checkpoint.
    """

    def __init__(self, last: LastCheckpoint) -> None:
        self.last = last
        self._received = 0
        self._saved = False

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Take the signals over."""
        self._received, self._saved = 0, False
        install(self._note, *ENDING, *requeue_signal())

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Save after an optimiser step, if asked or due; the end waits until Lightning has logged the step."""
        # Behind the last batch comes a validation, which a resumed run would leave out.
        last = trainer.is_last_batch or trainer.global_step == trainer.max_steps
        if last or (batch_idx + 1) % trainer.accumulate_grad_batches:
            return
        number, due = _of_all(trainer, self._received, self.last.is_due())
        if number or due:
            self.last.save(trainer)
        self._end_later(trainer, number)

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Save if asked; most often `LastCheckpoint` has done so already."""
        number, _ = _of_all(trainer, self._received, False)
        if number:
            self.last.save_epoch(trainer)
        self._end_later(trainer, number)

    def on_train_batch_start(
        self, trainer: L.Trainer, pl_module: L.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """End the run behind a saved step."""
        self._end_if_saved()

    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """End the run behind a saved epoch."""
        self._end_if_saved()

    def on_train_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """End the run behind the last epoch, before the test."""
        self._end_if_saved()

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._received:
            raise Stopped(number)
        self._received = number

    def _end_later(self, trainer: L.Trainer, number: int) -> None:
        """End the run of a signal, 0 = none, whose checkpoint is saved; not if SLURM refuses to start it again."""
        if not number:
            return
        if number in requeue_signal() and not trainer.strategy.broadcast(trainer.is_global_zero and requeue()):
            self._received = 0
            return
        self._received, self._saved = number, True

    def _end_if_saved(self) -> None:
        if self._saved:
            raise Stopped(self._received)


def _of_all(trainer: L.Trainer, number: int, due: bool) -> tuple[int, bool]:
    """The largest signal of all processes, and whether a checkpoint is due in one, so that all do the same."""
    if trainer.world_size == 1:
        return number, due
    values = torch.tensor([number, int(due)], device=trainer.strategy.root_device)
    number, due = cast(Tensor, trainer.strategy.reduce(values, reduce_op="max")).tolist()
    return number, bool(due)
