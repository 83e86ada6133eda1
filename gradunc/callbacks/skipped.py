"""What could not be read, collected from all processes of a run."""

from pathlib import Path
from typing import Any

import lightning as L

from gradunc.callbacks.processes import gather
from gradunc.data.loading.datamodule import DepthData
from gradunc.data.loading.report import LoadingReport
from gradunc.files import write_json


class SkippedCallback(L.Callback):
    """Bring the failures of all processes together at the end of every pass, and keep them as `skipped.json`.

    Does nothing under the policy "raise", nor for data that is no `DepthData`.

    Args:
        folder: of the file; None writes none.

    Raises:
        InputError: a whole split could not be read. Every process finds that out, so that none waits for another.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Lightning's hook."""
        self._collect(trainer, "train")

    def on_validation_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Lightning's hook."""
        self._collect(trainer, "val")

    def on_test_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Lightning's hook."""
        self._collect(trainer, "test")

    def on_exception(self, trainer: L.Trainer, pl_module: L.LightningModule, exception: BaseException) -> None:
        """Keep what this process knows: the others can no longer be asked."""
        report = _report(trainer)
        if report is not None and trainer.is_global_zero:
            self._write(report)

    def _collect(self, trainer: L.Trainer, split: str) -> None:
        report = _report(trainer)
        if report is None:
            return
        delivered = 0
        for found, count in gather(trainer, (report.found, report.delivered.get(split, 0))):
            report.merge(found)
            delivered += count
        if trainer.is_global_zero:
            self._write(report)
        if delivered == 0 and report.count(split):
            raise report.nothing_left(split)

    def _write(self, report: LoadingReport) -> None:
        content = report.content()
        if self.folder is not None and content:
            write_json(self.folder / "skipped.json", content)


def _report(trainer: L.Trainer) -> LoadingReport | None:
    data: Any = trainer.datamodule  # pyright: ignore[reportAttributeAccessIssue]
    return data.report if isinstance(data, DepthData) and data.report.policy == "skip" else None
