"""A network over the test split of a data set: what `evaluate` and `study` share."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

import lightning as L

from gradunc.assembly import (
    build_data,
    build_trainer,
    check_crop,
    check_protocol,
    check_truth,
    missing_truth,
)
from gradunc.commands.data_size import data_size
from gradunc.commands.output import check_output, make_output
from gradunc.commands.verbs import program
from gradunc.config.sections import EvaluationSettings
from gradunc.config.trainer import TrainerSettings
from gradunc.config.verbs.dataset import DatasetPassConfig
from gradunc.config.writing import as_dict
from gradunc.errors import InputError
from gradunc.loggers import calls
from gradunc.loggers.run_info import RunInfo
from gradunc.models import DepthModel
from gradunc.training import DepthEvaluation
from gradunc.types import Size
from gradunc.uncertainty.settings import frames_wanted


class Wired(Protocol):
    """Callbacks that were made for one another."""

    def all(self) -> Sequence[L.Callback]:
        """In the order in which the trainer must call them."""
        ...

    def show(self) -> None:
        """Print what they have found."""
        ...


def check_dataset(config: DatasetPassConfig, evaluation: EvaluationSettings) -> None:
    """Raise `InputError` for what can be told before the model is loaded."""
    if config.data.name is None:
        raise InputError(f"data is missing; give data=NAME, or make maps of images with {program()} predict")
    if reason := missing_truth(config.data):
        raise InputError(f"there is nothing to compare with: {reason}, or make maps with {program()} predict")
    check_protocol(evaluation, config.data)
    calls.check_logger(config.logger)
    check_output(Path(config.output))


def pass_size(config: DatasetPassConfig, model: DepthModel) -> Size:
    """Height and width at which a network sees every image of a data set; InputError for none, or for "native"."""
    return data_size(config.size, model, config.data, "a data set is evaluated at one size")


def run_dataset(
    config: DatasetPassConfig,
    evaluation: EvaluationSettings,
    model: DepthModel,
    wire: Callable[[Path, tuple[int, int]], Wired],
    *,
    job: str = "evaluate",
) -> int:
    """One pass over the test split; returns the exit code.

    Args:
        config: of the verb.
        evaluation: how depth is compared with the truth.
        model: the network, on the CPU.
        wire: folder of the files, height and width of the images -> callbacks.
        job: what loggers are told that is done.

    Raises:
        InputError: data without truth, a crop or size that does not fit, a folder that cannot be written to.
    """
    size = pass_size(config, model)
    folder = Path(config.output)
    callbacks = wire(folder, size)
    data = build_data(config.data, size, frames_wanted(config.uncertainty))
    check_truth(data, "test")
    data.prepare("test")
    check_crop(evaluation, data, ("test",))
    info = RunInfo(folder, f"{config.checkpoint} {config.data.name}", job, config=as_dict(config))
    loggers = calls.build_loggers(config.logger, info)
    settings = TrainerSettings(**asdict(config.trainer))
    trainer = build_trainer(settings, callbacks.all(), folder=folder, loggers=loggers, refresh=1)
    make_output(folder)
    calls.begin(trainer, info)
    with calls.closing(trainer):
        trainer.test(DepthEvaluation(model), data, verbose=False)
    if trainer.is_global_zero:
        calls.close_loggers(trainer)
        callbacks.show()
        for line in data.report.lines():
            print(line)
    return 0
