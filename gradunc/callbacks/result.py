"""What every end of a test does with what the callbacks have found: a result, its files and what W&B gets of it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import lightning as L

from gradunc.callbacks.wandb import log_result
from gradunc.results import Result, write


class ResultCallback(L.Callback, ABC):
    """Write and log a result at the end of a test. Stands behind the callbacks that it reads.

    Args:
        folder: gets the files of the result.
    """

    TABLES: ClassVar[Mapping[str, str]] = {}
    """Name of a table -> its key in W&B."""
    PICTURES: ClassVar[Mapping[str, str]] = {}
    """The same of pictures."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.result: Result | None = None
        """Of the last test; None if nothing was compared with the truth."""
        self.written: list[Path] = []
        """Files of the last test."""

    @abstractmethod
    def make(self, trainer: L.Trainer) -> Result | None:
        """The result of the test that ends, on the main process only; None if nothing was compared with the truth."""

    def on_test_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Make the result and write its files.

        Raises:
            InputError: the folder cannot be written to.
        """
        self.written = []
        self.result = self.make(trainer) if trainer.is_global_zero else None
        if self.result is None:
            return
        self.written = write(self.result, self.folder)
        log_result(trainer, self.result, self.TABLES, self.PICTURES)
