"""The one place that knows W&B."""

from collections.abc import Mapping

import lightning as L
import numpy as np
import wandb
from lightning.pytorch.loggers import WandbLogger

from gradunc.results import Result


def wandb_logger(trainer: L.Trainer) -> WandbLogger | None:
    """The trainer's W&B logger on the main process, if there is one."""
    if not trainer.is_global_zero:
        return None
    return next((logger for logger in trainer.loggers if isinstance(logger, WandbLogger)), None)


def log_picture(trainer: L.Trainer, key: str, picture: np.ndarray, caption: str = "") -> None:
    """Log one (H,W,3) uint8 picture; nothing happens without W&B."""
    logger = wandb_logger(trainer)
    if logger is not None:
        logger.log_image(key, [picture], caption=[caption])


def log_result(trainer: L.Trainer, result: Result, tables: Mapping[str, str], pictures: Mapping[str, str]) -> None:
    """Log tables and pictures of a result; nothing happens without W&B.

    Args:
        trainer: has the logger.
        result: what to log.
        tables: name of a table -> key in W&B; others and those without rows are not logged.
        pictures: the same of pictures.
    """
    logger = wandb_logger(trainer)
    if logger is None:
        return
    for table in result.tables:
        if table.rows and table.name in tables:
            names = [column.name for column in table.columns if not column.bound_of]
            rows = [[row[name] for name in names] for row in table.rows]
            logger.log_table(tables[table.name], columns=names, data=rows)
    for picture in result.pictures:
        if picture.name in pictures:
            log_picture(trainer, pictures[picture.name], picture.pixels)


def close_loggers() -> None:
    """End the W&B run now, so that its closing words do not follow ours."""
    if wandb.run is not None:
        wandb.finish()
