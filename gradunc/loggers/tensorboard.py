"""TensorBoard: files in the folder `tensorboard` of the run."""

from importlib.util import find_spec
from typing import Any

import numpy as np
from lightning.pytorch.loggers import Logger, TensorBoardLogger
from numpy.typing import NDArray

from gradunc.errors import InputError
from gradunc.loggers.csv import CSV
from gradunc.loggers.kind import LoggerKind
from gradunc.loggers.run_info import RunInfo
from gradunc.loggers.settings import LoggerSettings
from gradunc.results import Table
from gradunc.results.renderers.markdown import table_text

FOLDER = "tensorboard"


class TensorBoard(LoggerKind):
    """Numbers as scalars, pictures as images, tables as text, the configuration as hyperparameters."""

    lightning = TensorBoardLogger

    def check(self, settings: LoggerSettings) -> None:
        """Raise `InputError` without the package."""
        if find_spec("tensorboard") is None:
            raise InputError("logger=tensorboard needs the package tensorboard: pip install 'gradunc[tensorboard]'")

    def build(self, settings: LoggerSettings, info: RunInfo) -> list[Logger]:
        """Beside metrics.csv."""
        board = TensorBoardLogger(info.folder, name="", version=FOLDER, default_hp_metric=False)
        return [*CSV.build(settings, info), board]

    def begin(self, logger: TensorBoardLogger, info: RunInfo) -> None:
        """Log the configuration."""
        logger.log_hyperparams(dict(info.config))

    def picture(self, logger: TensorBoardLogger, key: str, pixels: NDArray[np.uint8], caption: str, step: int) -> None:
        """Log an image; TensorBoard's images have no captions, so that one is a text of the same name."""
        board: Any = logger.experiment
        board.add_image(key, pixels, step, dataformats="HWC")
        if caption:
            board.add_text(key, caption, step)

    def table(self, logger: TensorBoardLogger, key: str, table: Table, step: int) -> None:
        """Log a table as Markdown."""
        board: Any = logger.experiment
        board.add_text(key, table_text(table), step)

    def end(self, logger: TensorBoardLogger, code: int) -> None:
        """Write what is still in memory."""
        logger.save()


TENSORBOARD = TensorBoard()
