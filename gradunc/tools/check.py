"""Look at a data set before training on it: `python -m gradunc.tools.check data=NAME ...`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradunc.build import build_split
from gradunc.callbacks.pictures import evenly_spread
from gradunc.commands.entry import run
from gradunc.config import TrainConfig, help_text, load, parse
from gradunc.config.schema import TRAIN_GROUPS
from gradunc.data.layouts.division import SPLITS
from gradunc.data.mixture import Mixture
from gradunc.errors import InputError, unknown
from gradunc.models.settings import option
from gradunc.tools.check_report import findings, statistics, tiles
from gradunc.tools.check_sample import SampleCheck, check_sample
from gradunc.visualization import Tile, save_png
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
    if not len(data):
        raise InputError(f"the {config.split} split holds no sample; check data.root")
    parts = data.parts if isinstance(data, Mixture) else {"": data}
    pages = [_page(name, part, config, frames) for name, part in parts.items()]
    lines = [line for page in pages for line in page.lines]
    warnings = [f"warning: {line}" for page in pages for line in page.warnings]
    verdict = warnings or [f"nothing suspicious in {sum(page.looked_at for page in pages)} samples"]
    print(*lines, *verdict, sep="\n")
    rows = [row for page in pages for row in page.rows]
    depths = np.concatenate([page.depths for page in pages])
    title = f"data={config.data.name} {config.split}: {len(data)} samples"
    print(f"picture: {save_png(overview_figure(rows, depths, [*lines, '', *verdict], title), config.output)}")
    return 0


class _Page(NamedTuple):
    """What was found in one data set."""

    lines: list[str]
    warnings: list[str]
    rows: list[list[Tile]]
    depths: NDArray[np.float32]
    looked_at: int


def _page(name: str, data: Any, config: CheckConfig, frames: Sequence[int | str]) -> _Page:
    """Look at a data set; `name` is its label in a mixture."""
    checks, unreadable = _look(data, config, frames)
    drawn = [check for check in checks if any(source.view is not None for source in check.sources)]
    label = f"{name}: " if name else ""
    return _Page(
        [label + line for line in statistics(data, checks, config.split)],
        [label + line for line in (*unreadable, *findings(data, checks))],
        tiles(drawn or checks[: config.drawn]),
        np.concatenate([check.known for check in checks]),
        len(checks),
    )


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
