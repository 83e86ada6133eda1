"""What every end of a test does with what the callbacks have found: a result, its files and what W&B gets of it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import lightning as L

from gradunc.data.loading.datamodule import DepthData
from gradunc.data.remarks import Remarks
from gradunc.loggers.calls import log_result
from gradunc.metrics import EvaluationProtocol
from gradunc.results import Result, write
from gradunc.results.per_image import ImageRecord


class ResultCallback(L.Callback, ABC):
    """Write and log a result at the end of a test. Stands behind the callbacks that it reads.

    Args:
        folder: gets the files of the result.
        judged: makes what the JSON file says of the network and the data under that key, at the end of the test.
    """

    TABLES: ClassVar[Mapping[str, str]] = {}
    """Name of a table -> its key in W&B."""
    PICTURES: ClassVar[Mapping[str, str]] = {}
    """The same of pictures."""

    def __init__(self, folder: Path, judged: Callable[[], Mapping[str, Any]] | None = None) -> None:
        self.folder, self.judged = folder, judged
        self.result: Result | None = None
        """Of the last test; None if nothing was compared with the truth."""
        self.written: list[Path] = []
        """Files of the last test."""

    @abstractmethod
    def make(self, trainer: L.Trainer) -> Result | None:
        """The result of the test that ends, on the main process only; None if nothing was compared with the truth."""

    def beside(self, result: Result) -> Mapping[str, bytes]:
        """Name -> content of further files of the result."""
        return {}

    def on_test_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Make the result and write its files.

        Raises:
            InputError: the folder cannot be written to.
        """
        self.written = []
        made = self.make(trainer) if trainer.is_global_zero else None
        self.result = None if made is None else self._with_facts(made, trainer)
        if self.result is None:
            return
        self.written = write(self.result, self.folder, self.beside(self.result))
        log_result(trainer, self.result, self.TABLES, self.PICTURES)

    def _with_facts(self, result: Result, trainer: L.Trainer) -> Result:
        """The result with the whole lines on what is assumed of the data, and with what was judged, for programs."""
        known = {} if self.judged is None else {"judged": self.judged()}
        return replace(result, facts={**result.facts, "assumed": _remarks(trainer).lines("assumed"), **known})


def described(protocol: EvaluationProtocol, trainer: L.Trainer) -> str:
    """The head of a table: the protocol, and what is assumed of the data that were trained and tested on."""
    assumed = _remarks(trainer).assumed
    return protocol.describe() + (f", assumed: {'; '.join(assumed)}" if assumed else "")


def _remarks(trainer: L.Trainer) -> Remarks:
    data: Any = trainer.datamodule  # pyright: ignore[reportAttributeAccessIssue]
    return data.remarks if isinstance(data, DepthData) else Remarks()


def unreadable(trainer: L.Trainer) -> list[ImageRecord]:
    """Images of the test that are in no figure because they could not be read, over all processes."""
    data: Any = trainer.datamodule  # pyright: ignore[reportAttributeAccessIssue]
    failures = data.report.found.get("test", {}).values() if isinstance(data, DepthData) else ()
    return [ImageRecord(None, one.name, one.index, left_out=one.reason) for one in failures]
