"""Loaders that know what could not be read, and where in the training they are."""

import os
import signal
import threading
from collections.abc import Iterator
from multiprocessing import parent_process
from typing import Any

from torch.utils.data import DataLoader

from gradunc.data.loading.failures import Checked, collate_checked
from gradunc.data.loading.limits import used_batches
from gradunc.data.loading.report import LoadingReport
from gradunc.data.loading.sampling import EpochSampler
from gradunc.stopping import ENDING
from gradunc.types import Sample


class CheckedLoader(DataLoader[Any]):
    """Batches of what can be read; the rest goes to a report.

    Args:
        dataset: the samples.
        split: their name in the report.
        report: gets the failures of all loading processes; may raise them.
        options: of `DataLoader`.
    """

    def __init__(self, dataset: Checked, *, split: str, report: LoadingReport, **options: Any) -> None:
        super().__init__(dataset, **{"collate_fn": collate_checked, "worker_init_fn": _leave_signals, **options})
        self.split, self.report = split, report

    def __iter__(self) -> Iterator[Sample]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """One pass; loading begins with the first batch that is asked for.

        Raises:
            InputError: something cannot be read, under the report's policy "raise"; or nothing that a training could
                take instead.
        """
        self.report.begin(self.split, len(self.dataset))  # pyright: ignore[reportArgumentType]
        for batch, failures in super().__iter__():
            self.report.add(self.split, failures)
            if batch is not None:
                self.report.delivered[self.split] += len(batch["image"])
                yield batch
            elif self.dataset.substitute:  # pyright: ignore[reportAttributeAccessIssue]
                raise self.report.nothing_left(self.split)


def _leave_signals(worker: int) -> None:
    """In a loading process: the main one decides when the loading ends.

    Ctrl-C, and a scheduler's SIGTERM, reach all processes of the group. PyTorch ends a loading process by a SIGTERM of
    its own, so that one is told from the other by who sent it.
    """
    for number in ENDING:
        if number != signal.SIGTERM:
            signal.signal(number, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None and hasattr(signal, "sigwaitinfo"):  # neither Windows nor macOS has it
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
        threading.Thread(target=_end_when_told, args=(parent.pid,), daemon=True).start()


def _end_when_told(parent: int | None) -> None:
    """Wait for the SIGTERM of the main process, and pass over those of others."""
    while signal.sigwaitinfo([signal.SIGTERM]).si_pid != parent:
        pass
    os._exit(0)  # as PyTorch's own handler: any other code is an error in the main process


class TrainLoader(CheckedLoader):
    """A loader whose checkpoints tell the epoch and the batch to go on with (Lightning's stateful loaders).

    It counts epochs by itself, since Lightning starts the loading before it names the epoch of a resumed run, and
    counts an epoch that `max_steps` has cut as a whole one.

    Args:
        dataset: see `CheckedLoader`.
        sampler: its epoch is the one to begin with.
        limit: how many batches of an epoch are asked for, see `used_batches`.
        options: see `CheckedLoader`.
    """

    def __init__(self, dataset: Checked, *, sampler: EpochSampler, limit: float = 1.0, **options: Any) -> None:
        super().__init__(dataset, sampler=sampler, **options)
        self.order = sampler
        self._batches = used_batches(len(self), limit)
        self._delivered = 0
        self._begun = False

    def __iter__(self) -> Iterator[Sample]:
        """The rest of the present epoch in a resumed run, else a whole one."""
        if self._begun:
            self._enter(self.order.epoch + 1)
        self._begun = True
        self.order.start = self._delivered * (self.batch_size or 1)
        for batch in super().__iter__():
            self._delivered += 1
            yield batch

    def state_dict(self) -> dict[str, int]:
        """Epoch, batches of it that were delivered, and how many it has."""
        return {"epoch": self.order.epoch, "delivered": self._delivered, "batches": self._batches}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on behind the last batch; an epoch that now has another number of batches begins anew."""
        self._enter(state["epoch"])
        if state["delivered"] == state["batches"]:
            self._enter(state["epoch"] + 1)
        elif state["batches"] == self._batches:
            self._delivered = state["delivered"]

    def _enter(self, epoch: int) -> None:
        self.order.epoch, self._delivered, self._begun = epoch, 0, False
