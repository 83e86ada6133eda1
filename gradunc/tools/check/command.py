"""The command: arguments, the split that is looked at, what is printed and drawn."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradunc.assembly import data_set
from gradunc.callbacks.pictures import evenly_spread
from gradunc.config import TrainConfig, help_text, load, parse
from gradunc.config.train import TRAIN_GROUPS
from gradunc.data.loading.mixture import Mixture
from gradunc.errors import InputError, unknown
from gradunc.options import PATH, option
from gradunc.tools.check.report import findings, statistics, tiles
from gradunc.tools.check.sample import SampleCheck, check_sample
from gradunc.types import SPLITS, FrameIds, Split
from gradunc.visualization import Tile, save_png
from gradunc.visualization.overview import overview_figure

USAGE = "data=NAME [the arguments of train.py] [split=auto] [samples=24] [output=FILE.png] [--help]"
GROUPS = {**TRAIN_GROUPS, "data": None}
AUTO = "auto"


@dataclass
class CheckConfig(TrainConfig):
    """Draw samples, depth and warped sources as train.py would get them, and name the usual mistakes."""

    output: str = option("check.png", "picture", rule=PATH)
    split: str = option("auto", "train, val or test; auto = the first of them that the data have")
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
    if config.split not in (AUTO, *SPLITS):
        raise unknown("split", config.split, (AUTO, *SPLITS))
    if config.samples < 1 or config.drawn < 1:
        raise InputError("samples and drawn must be at least 1")
    if Path(config.output).suffix.lower() != ".png":
        raise InputError(f"output='{config.output}' must end in .png")
    check_target(Path(config.output))
    chosen = (
        bool(line.experiments)
        or "objective" in line.groups
        or any(override.startswith("objective.") for override in line.overrides)
    )
    frames = tuple(config.objective.frames) if chosen else data_set(config.data).default_frames
    config.split, data = _open(config, frames)
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


def check_target(path: Path) -> None:
    """Raise `InputError` if no file can be written there, before anything is read."""
    existing = next(folder for folder in path.absolute().parents if folder.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK) or path.is_dir():
        raise InputError(f"cannot write output='{path}'; choose another place")


def _open(config: CheckConfig, frames: FrameIds) -> tuple[Split, Any]:
    """The split that is looked at, and its data; stored images are looked at, not copies of them.

    Raises:
        InputError: of the split asked for, or of the first one if there is none.
    """
    size, found = (config.model.size[0], config.model.size[1]), data_set(replace(config.data, frame_cache=False))
    reasons: list[InputError] = []
    wanted: list[Split] = [split for split in SPLITS if config.split in (AUTO, split)]
    for split in wanted:
        try:
            data: Any = found.open(split, size, frames)
            if not len(data):
                raise InputError(f"the {split} split holds no sample; check data.root")
        except InputError as error:
            reasons.append(error)
            continue
        for name, reason in zip(wanted, reasons, strict=False):
            print(f"no {name} split: {reason}")
        return split, data
    raise reasons[0]


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
