"""Evaluation of a network on a data set with true depth, and the layer study."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import lightning as L
import torch

from gradunc.assembly import (
    STUDIES,
    Callbacks,
    StudyCallbacks,
    build_data,
    build_loggers,
    build_trainer,
    check_crop,
    check_logger,
    check_protocol,
    check_truth,
    missing_truth,
)
from gradunc.callbacks.wandb import close_loggers
from gradunc.commands.images import network_size
from gradunc.config import InferConfig
from gradunc.errors import InputError, unknown
from gradunc.models import DepthModel
from gradunc.training import DepthEvaluation
from gradunc.uncertainty.learned import folder_beside


class _Wired(Protocol):
    def all(self) -> Sequence[L.Callback]: ...

    def show(self) -> None: ...


def check_evaluation(config: InferConfig) -> None:
    """Raise `InputError` for what can be told before the model is loaded."""
    if config.study is not None and config.study not in STUDIES:
        raise unknown("study", config.study, STUDIES)
    if reason := missing_truth(config.data):
        raise InputError(f"there is nothing to compare with: {reason}, or give source= for maps")
    check_protocol(config.evaluation, config.data)
    check_logger(config.logger)
    check_output(Path(config.output))


def check_output(folder: Path) -> None:
    """Raise `InputError` for a folder that is none of ours to fill."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"cannot write to '{folder}': it is a file; set output=DIR")
    if (folder / "checkpoints").is_dir():
        raise InputError(f"output='{folder}' is a run of train.py, whose metrics would be replaced; set output=DIR")


def make_output(folder: Path) -> None:
    """Make the folder of the results; `InputError` if that is impossible."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot write to '{folder}': {error.strerror}; set output=DIR") from error


def evaluate(config: InferConfig, model: DepthModel) -> int:
    """Metrics of depth and of every estimator; returns the exit code."""

    def wire(folder: Path, _: tuple[int, int]) -> Callbacks:
        learned = folder_beside(Path(str(config.checkpoint)))
        return Callbacks(model, config.uncertainty, config.evaluation, folder, data=config.data, learned=learned)

    return _test(config, model, wire)


def study_layers(config: InferConfig, model: DepthModel) -> int:
    """Every layer x channel reduction x reference; returns the exit code."""

    def wire(folder: Path, size: tuple[int, int]) -> StudyCallbacks:
        image = torch.zeros(1, 3, *size)
        return StudyCallbacks(model, config.uncertainty, config.evaluation, folder, image, data=config.data)

    # A batch of a study takes seconds.
    return _test(config, model, wire, refresh=1)


def _test(
    config: InferConfig, model: DepthModel, wire: Callable[[Path, tuple[int, int]], _Wired], refresh: int = 10
) -> int:
    size = network_size(config.size, model)
    if size is None:
        raise InputError("size=native needs source=; a data set is evaluated at one size, give size=HxW")
    folder = Path(config.output)
    callbacks = wire(folder, size)
    data = build_data(config.data, size)
    check_truth(data, "test")
    data.prepare("test")
    check_crop(config.evaluation, data, ("test",))
    loggers = build_loggers(config.logger, folder, folder.name)
    trainer = build_trainer(config.trainer, callbacks.all(), folder=folder, loggers=loggers, refresh=refresh)
    make_output(folder)
    trainer.test(DepthEvaluation(model), data, verbose=False)
    if trainer.is_global_zero:
        close_loggers()
        callbacks.show()
        for line in data.report.lines():
            print(line)
    return 0
