"""Compare the pose network of a training with the recorded motion: `python -m gradunc.tools.evaluate_pose --help`."""

import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from gradunc.assembly import DATASETS, without_truth
from gradunc.commands.entry import run
from gradunc.commands.evaluate import check_output, make_output
from gradunc.commands.infer import choose_device
from gradunc.config import help_text, load, parse
from gradunc.config.data_schema import DataSettings
from gradunc.data.formats.kitti_odometry import format_poses
from gradunc.data.recorded.frames import FrameDataset
from gradunc.errors import InputError, unknown
from gradunc.metrics.trajectory import ALIGNMENTS, Alignment
from gradunc.models.pose.checkpoint import load_pose_network
from gradunc.options import option
from gradunc.tools.pose_paths import ClipErrors, compare, find_clips, predict_motions

USAGE = "checkpoint=FILE.ckpt data.root=DIR [data=NAME] [key=value ...] [--help]"
GROUPS = {"data": "kitti_odometry"}
COLUMNS = {
    "ate_snippet": "ATE {snippet} frames [m]",
    "ate": "ATE [m]",
    "rpe_m": "RPE [m]",
    "rpe_deg": "RPE [deg]",
    "drift_percent": "drift [%]",
    "drift_deg_per_100m": "drift [deg/100 m]",
}


@dataclass
class PoseConfig:
    """Errors of the motion that a pose network sees between consecutive frames of a test split."""

    checkpoint: str | None = option(None, ".ckpt file of a training with neighbours in time")
    alignment: str = option("scale", "taken out of each predicted path: none, scale, 6dof or 7dof")
    snippet: int = option(5, "frames of the snippets of the published tables; each has a scale of its own")
    output: str | None = option(None, "folder of the aligned paths (KITTI format) and metrics.json; null = table only")
    device: str = option("auto", "auto, cpu, cuda, cuda:1, ...")
    data: DataSettings = field(default_factory=DataSettings)


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns the exit code.

    Raises:
        InputError: wrong usage, a checkpoint without pose network, or data without known motion.
    """
    line = parse(arguments, GROUPS, flags=("--help",))
    if "--help" in line.flags:
        print(help_text("python -m gradunc.tools.evaluate_pose", PoseConfig, GROUPS, USAGE, flags=("--help",)))
        return 0
    config = load(PoseConfig, GROUPS, line)
    _check(config)
    assert config.checkpoint is not None, "checked"
    device = choose_device(config.device)
    network, size = load_pose_network(config.checkpoint, device)
    data = _data(config.data, size)
    clips = find_clips(data.frames)
    truth, predicted = predict_motions(
        network,
        data,
        batch_size=config.data.eval_batch_size,
        workers=config.data.workers,
        device=device,
        progress=lambda batches, total: track(batches, "frames", total, transient=True),
    )
    alignment = cast(Alignment, config.alignment)
    results = [compare(clip, truth, predicted, alignment, config.snippet) for clip in clips if len(clip.positions) > 1]
    _print(results, config)
    if config.output is not None:
        _write(results, config, Path(config.output))
    return 0


def _check(config: PoseConfig) -> None:
    if config.checkpoint is None:
        raise InputError("checkpoint is missing; give checkpoint=FILE.ckpt, a checkpoint of train.py")
    if config.alignment not in ALIGNMENTS:
        raise unknown("alignment", config.alignment, ALIGNMENTS)
    if config.snippet < 2:
        raise InputError(f"snippet={config.snippet} must be at least 2 frames")
    if config.data.name not in DATASETS:
        raise unknown("data set", config.data.name or "", DATASETS)
    if config.output is not None:
        check_output(Path(config.output))


def _data(settings: DataSettings, size: tuple[int, int]) -> FrameDataset:
    """The test split, each frame with the next one as its source."""
    assert settings.name is not None, "checked"
    data = DATASETS[settings.name](without_truth(settings), "test", size, (1,))
    if not isinstance(data, FrameDataset):
        raise InputError(f"data={settings.name} is no recorded video with known motion; choose data=kitti_odometry")
    return data


def _print(results: Sequence[ClipErrors], config: PoseConfig) -> None:
    table = Table(title=f"Motion (alignment {config.alignment}; snippets as published, with a scale each)")
    table.add_column("sequence", overflow="fold")
    for name in ("frames", "way [m]", *COLUMNS.values()):
        table.add_column(escape(name.format(snippet=config.snippet)), justify="right", no_wrap=True)
    for result in results:
        cells = [_digits(result.errors[key]) for key in COLUMNS]
        cells[0] += f" ± {_digits(result.errors['ate_snippet_std'])}"
        table.add_row(result.name, str(result.frames), f"{result.length:.1f}", *cells)
    console = Console()
    console.width = max(console.width, 150)  # or the units would be cut off
    console.print(table)


def _digits(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4f}"


def _write(results: Sequence[ClipErrors], config: PoseConfig, folder: Path) -> None:
    """The paths and the errors, each file complete or not at all."""
    make_output(folder)
    content: dict[str, Any] = {
        "checkpoint": str(config.checkpoint),
        "alignment": config.alignment,
        "snippet": config.snippet,
        "sequences": {},
    }
    files = {}
    for result in results:
        errors = {key: None if math.isnan(value) else value for key, value in result.errors.items()}
        content["sequences"][result.name] = {"frames": result.frames, "length_m": result.length, **errors}
        files[f"{result.name.replace('/', '_')}.txt"] = format_poses(result.path.numpy())
    files["metrics.json"] = json.dumps(content, indent=2, allow_nan=False) + "\n"
    for name, text in files.items():
        partial = folder / f"{name}.tmp"
        partial.write_text(text)
        os.replace(partial, folder / name)


if __name__ == "__main__":
    run(main)
