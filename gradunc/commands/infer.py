"""Run a trained network: on images, evaluated on a data set with true depth, studied, or written as a graph."""

from collections.abc import Sequence

import torch

from gradunc.commands.entry import run
from gradunc.commands.evaluate import check_evaluation, evaluate, study_layers
from gradunc.commands.export import check_export, export_file
from gradunc.commands.images import infer_images
from gradunc.commands.layers import print_layers
from gradunc.commands.ood import check_ood, detect_foreign
from gradunc.config import InferConfig, as_yaml, help_text, load, parse
from gradunc.config.infer import INFER_GROUPS
from gradunc.errors import InputError
from gradunc.models import DepthModel, load_model

USAGE = (
    "checkpoint=PATH (source=IMAGE|FOLDER|GLOB | data=NAME) [group=NAME ...] [key=value ...] [--help] "
    "[--print-config]\n"
    "       infer.py checkpoint=PATH --list-layers [size=HxW]\n"
    "       infer.py checkpoint=PATH data=NAME study=layers\n"
    "       infer.py checkpoint=PATH (source=FOLDER|GLOB | data=NAME) ood=NAME|FOLDER|GLOB\n"
    "       infer.py checkpoint=PATH export=PATH.onnx|PATH.pt2 [size=HxW] [uncertainty=NAME]"
)
FLAGS = ("--help", "--print-config", "--list-layers")


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
    if "--list-layers" in line.flags:
        return print_layers(config, _load(config, choose_device(config.device)))
    if config.export is not None:
        check_export(config)
        return export_file(config, _load(config, torch.device("cpu")))
    if (config.source is None) == (config.data.name is None):
        raise InputError("give either source=IMAGE|FOLDER|GLOB or data=NAME, and not both")
    if config.ood is not None:
        check_ood(config)
        return detect_foreign(config, _load(config, choose_device(config.device)))
    if config.study is not None and config.source is not None:
        raise InputError("study= needs true depth; give data=NAME instead of source=")
    if config.source is not None:
        return infer_images(config, _load(config, choose_device(config.device)))
    check_evaluation(config)
    command = evaluate if config.study is None else study_layers
    return command(config, _load(config, torch.device("cpu")))


def _load(config: InferConfig, device: torch.device) -> DepthModel:
    assert config.checkpoint is not None, "checked by main"
    return load_model(config.checkpoint, architecture=config.architecture, head=config.head, device=device)


def choose_device(name: str) -> torch.device:
    """The device of a `device=` option; InputError if this machine does not have it."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise InputError(f"device='{name}' is not available here: {str(error).splitlines()[0]}") from error
    return device


def console() -> None:
    """Entry point of infer.py and gradunc-infer."""
    run(main)
