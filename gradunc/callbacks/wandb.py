"""The one place that knows W&B."""

from typing import Any

import lightning as L
import numpy as np
import wandb
from lightning.pytorch.loggers import WandbLogger


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


def log_table(trainer: L.Trainer, key: str, columns: list[str], rows: list[list[Any]]) -> None:
    """Log a table; nothing happens without W&B."""
    logger = wandb_logger(trainer)
    if logger is not None:
        logger.log_table(key, columns=columns, data=rows)


def close_loggers() -> None:
    """End the W&B run now, so that its closing words do not follow ours."""
    if wandb.run is not None:
        wandb.finish()
