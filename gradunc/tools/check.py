"""Look at a data set before training on it: `python -m gradunc.tools.check data=NAME ...`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gradunc.build import build_split
from gradunc.callbacks.pictures import evenly_spread
from gradunc.commands.entry import run
from gradunc.config import TrainConfig, help_text, load, parse
from gradunc.config.schema import TRAIN_GROUPS
from gradunc.data.layouts.division import SPLITS
from gradunc.errors import InputError, unknown
from gradunc.models.settings import option
from gradunc.tools.check_report import findings, statistics, tiles
from gradunc.tools.check_sample import SampleCheck, check_sample
from gradunc.visualization import save_png
from gradunc.visualization.overview import overview_figure

USAGE = "data=NAME [the arguments of train.py] [split=train] [samples=24] [output=FILE.png] [--help]"
GROUPS = {**TRAIN_GROUPS, "data": None}


@dataclass
class CheckConfig(TrainConfig):
    """Draw samples, depth and warped sources as train.py would get them, and name the usual mistakes."""

    output: str = option("check.png", "picture")
    split: str = option("train", "train, val or test")
    samples: int = option(24, "samples to look at, evenly spread over the split")
    drawn: int = option(3, "of these, how many are drawn and have an unknown motion estimated")


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns the exit code, 0 also where something was found.

    Raises:
        InputError: wrong usage, or data that cannot be used at all.
    """
    line = parse(arguments, GROUPS, flags=("--help",))
    if "--help" in line.flags:
        print(help_text("python -m gradunc.tools.check", CheckConfig, GROUPS, USAGE, flags=("--help",)))
        return 0
    config = load(CheckConfig, GROUPS, line)
    if config.split not in SPLITS:
        raise unknown("split", config.split, SPLITS)
    if config.samples < 1 or config.drawn < 1:
        raise InputError("samples and drawn must be at least 1")
    if Path(config.output).suffix.lower() != ".png":
        raise InputError(f"output='{config.output}' must end in .png")
    size, frames = (config.model.size[0], config.model.size[1]), tuple(config.objective.frames)
    data: Any = build_split(config.data, next(name for name in SPLITS if name == config.split), size, frames)
    if hasattr(data, "prepare") and not len(data):
        raise InputError(f"the {config.split} split holds no sample; check data.root")
    checks, unreadable = _look(data, config, frames)
    lines = statistics(data, checks, config.split)
    warnings = [*unreadable, *findings(data, checks)]
    verdict = [f"warning: {text}" for text in warnings] or [f"nothing suspicious in {len(checks)} samples"]
    print(*lines, *verdict, sep="\n")
    drawn = [check for check in checks if any(source.view is not None for source in check.sources)]
    rows = tiles(drawn or checks[: config.drawn])
    depths = np.concatenate([check.known for check in checks])
    title = f"data={config.data.name} {config.split}: {len(data)} samples"
    print(f"picture: {save_png(overview_figure(rows, depths, [*lines, '', *verdict], title), config.output)}")
    return 0


def _look(data: Any, config: CheckConfig, frames: Sequence[int | str]) -> tuple[list[SampleCheck], list[str]]:
    """The samples that can be read, and a line for each of the first that cannot."""
    chosen = sorted(evenly_spread(len(data), config.samples))
    shown = {chosen[i] for i in evenly_spread(len(chosen), config.drawn)}
    checks, failed = [], []
    for index in chosen:
        try:
            checks.append(check_sample(data[index], frames, search=index in shown))
        except InputError as error:
            failed.append(str(error))
    if not checks:
        raise InputError(f"none of {len(chosen)} samples can be read; the first: {failed[0]}")
    more = [f"{len(failed) - 3} more of {len(chosen)} samples cannot be read"] if len(failed) > 3 else []
    return checks, [*failed[:3], *more]


if __name__ == "__main__":
    run(main)
