"""Run a trained network: on images, or evaluated on a data set with true depth."""

from collections.abc import Sequence
from pathlib import Path

import torch

from gradunc.build import Callbacks, build_data, build_loggers, build_trainer, check_logger, has_truth
from gradunc.callbacks.wandb import close_loggers
from gradunc.commands.entry import run
from gradunc.commands.images import infer_images, network_size
from gradunc.config import InferConfig, as_yaml, help_text, load, parse
from gradunc.config.schema import INFER_GROUPS
from gradunc.errors import InputError
from gradunc.models import DepthModel, load_model
from gradunc.training import DepthEvaluation

USAGE = (
    "checkpoint=PATH (source=IMAGE|FOLDER|GLOB | data=NAME) [group=NAME ...] [key=value ...] [--help] [--print-config]"
)
FLAGS = ("--help", "--print-config")


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns 0 if everything was written, 1 if images were skipped.

    Raises:
        InputError: wrong usage, or nothing could be written.
    """
    line = parse(arguments, INFER_GROUPS, FLAGS)
    if "--help" in line.flags:
        print(help_text("infer.py", InferConfig, INFER_GROUPS, USAGE, FLAGS))
        return 0
    config = load(InferConfig, INFER_GROUPS, line)
    if "--print-config" in line.flags:
        print(as_yaml(config, INFER_GROUPS), end="")
        return 0
    if config.checkpoint is None:
        raise InputError("checkpoint is missing; give checkpoint=PATH to a .ckpt file, run, export or published folder")
    if (config.source is None) == (config.data.name is None):
        raise InputError("give either source=IMAGE|FOLDER|GLOB or data=NAME, and not both")
    if config.source is not None:
        return infer_images(config, _load(config, _device(config.device)))
    _check_evaluation(config)
    return _evaluate(config, _load(config, torch.device("cpu")))


def _load(config: InferConfig, device: torch.device) -> DepthModel:
    assert config.checkpoint is not None, "checked by main"
    return load_model(config.checkpoint, architecture=config.architecture, output=config.head, device=device)


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise InputError(f"device='{name}' is not available here: {str(error).splitlines()[0]}") from error
    return device


def _check_evaluation(config: InferConfig) -> None:
    """What can be told before the model is loaded."""
    if not has_truth(config.data):
        raise InputError(
            "data.kitti.ground_truth=false leaves nothing to compare with; set it to true, or give source= for maps"
        )
    check_logger(config.logger)
    folder = Path(config.output)
    if folder.exists() and not folder.is_dir():
        raise InputError(f"cannot write to '{folder}': it is a file; set output=DIR")
    if (folder / "checkpoints").is_dir():
        raise InputError(f"output='{folder}' is a run of train.py, whose metrics would be replaced; set output=DIR")


def _evaluate(config: InferConfig, model: DepthModel) -> int:
    size = network_size(config.size, model)
    if size is None:
        raise InputError("size=native needs source=; a data set is evaluated at one size, give size=HxW")
    folder = Path(config.output)
    callbacks = Callbacks(model, config.uncertainty, config.evaluation, folder)
    data = build_data(config.data, size)
    data.prepare("test")
    loggers = build_loggers(config.logger, folder, folder.name)
    trainer = build_trainer(config.trainer, callbacks.all(), folder=folder, loggers=loggers)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot write to '{folder}': {error.strerror}; set output=DIR") from error
    trainer.test(DepthEvaluation(model), data, verbose=False)
    if trainer.is_global_zero:
        close_loggers()
        callbacks.show()
    return 0


def console() -> None:
    """Entry point of infer.py and gradunc-infer."""
    run(main)
