"""What every kind of logger can do; callbacks know no other."""

from typing import Any, ClassVar

import numpy as np
from lightning.pytorch.loggers import Logger
from numpy.typing import NDArray

from gradunc.loggers.run_info import RunInfo
from gradunc.loggers.settings import LoggerSettings
from gradunc.results import Table


class LoggerKind:
    """One value of `logger.kind`; numbers go through Lightning's logger, the rest through the methods here.

    What a method gets may also be a logger that a user has made, of Lightning's class `lightning`.
    """

    lightning: ClassVar[type[Logger] | None]
    """Lightning's class; None if there is no logger."""

    def check(self, settings: LoggerSettings) -> None:
        """Raise `InputError` for what can be told before the run begins."""

    def build(self, settings: LoggerSettings, info: RunInfo) -> list[Logger]:
        """The loggers of a run, nothing written yet."""
        return []

    def begin(self, logger: Any, info: RunInfo) -> None:
        """Tell the configuration and the inputs; main process only, before the first step."""

    def picture(self, logger: Any, key: str, pixels: NDArray[np.uint8], caption: str, step: int) -> None:
        """Log a picture (H,W,3); its file is written whatever the logger."""

    def table(self, logger: Any, key: str, table: Table, step: int) -> None:
        """Log a table; its file is written whatever the logger."""

    def end(self, logger: Any, code: int) -> None:
        """The run is over; main process only.

        Args:
            logger: of the run.
            code: exit code of the command.
        """
