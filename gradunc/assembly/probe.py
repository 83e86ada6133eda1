"""A trainer that never runs: whether it can be built, and what it would do."""

import logging

import lightning as L

from gradunc.assembly.trainer import build_trainer
from gradunc.config.trainer import TrainerSettings


def probe_trainer(settings: TrainerSettings) -> L.Trainer:
    """A trainer of the same hardware and length, without folder and callbacks.

    What Lightning tells of the hardware is left to the trainer that runs.

    Raises:
        InputError: see `build_trainer`.
    """
    before = logging.root.manager.disable
    logging.disable(logging.INFO)
    try:
        return build_trainer(settings, [])
    finally:
        logging.disable(before)
