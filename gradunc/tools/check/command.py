"""The command: arguments and what they must be; only then the look itself is imported (`run_check`)."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gradunc.config import TrainConfig, help_text, load, parse
from gradunc.config.command_line import CommandLine
from gradunc.config.layers import layers_of
from gradunc.config.train import TRAIN_GROUPS
from gradunc.errors import InputError
from gradunc.imports import imported
from gradunc.options import PATH, POSITIVE_COUNT, option
from gradunc.types import SPLITS

USAGE = "data=NAME [the arguments of train.py] [split=auto] [samples=24] [output=FILE.png] [strict=true] [--help]"
CODES = """
exit code: 0 = data are as they should be, or warnings only; 1 = warnings, with strict=true; 2 = bad input, or data that
cannot be right (data.on_implausible=warn makes these warnings)"""
GROUPS = {**TRAIN_GROUPS, "data": None}
AUTO = "auto"
RUN = "gradunc.tools.check.run_check:run_check"


@dataclass
class CheckConfig(TrainConfig):
    """Draw samples, depth and warped sources as train.py would get them, and name the usual mistakes."""

    output: str = option("check.png", "picture", rule=PATH)
    split: str = option(
        "auto", "train, val or test; auto = the first of them that the data have", choices=(AUTO, *SPLITS)
    )
    samples: int = option(24, "samples to look at, evenly spread over the split", rule=POSITIVE_COUNT)
    drawn: int = option(3, "of these, how many are drawn and have an unknown motion estimated", rule=POSITIVE_COUNT)
    strict: bool = option(False, "exit code 1 where there is a warning, for scripts")


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns the exit code: 0, or with `strict` 1 where there is a warning.

    Raises:
        InputError: wrong usage, told before anything heavy is imported, data that cannot be used at all, or that cannot
            be right; the latter when everything has been printed and drawn.
    """
    line = parse(arguments, GROUPS, flags=("--help",))
    if "--help" in line.flags:
        print(help_text("python -m gradunc.tools.check", CheckConfig, GROUPS, USAGE, flags=("--help",)) + CODES)
        return 0
    config = _checked(load(CheckConfig, GROUPS, line))
    return imported(RUN)(config, config.objective.frames if _objective_chosen(line) else None)


def _objective_chosen(line: CommandLine) -> bool:
    """Whether a file or an argument says anything of the objective, so that its source views are the ones to check."""
    in_files = any(layer.asked and "objective" in layer.content for layer in layers_of(CheckConfig, GROUPS, line))
    return in_files or any(override.startswith("objective.") for override in line.overrides)


def _checked(config: CheckConfig) -> CheckConfig:
    """The same; InputError for values that are out of range, or a picture that cannot be written."""
    if Path(config.output).suffix.lower() != ".png":
        raise InputError(f"output='{config.output}' must end in .png")
    check_target(Path(config.output))
    return config


def check_target(path: Path) -> None:
    """Raise `InputError` if no file can be written there, before anything is read."""
    existing = next(folder for folder in path.absolute().parents if folder.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK) or path.is_dir():
        raise InputError(f"cannot write output='{path}'; choose another place")
