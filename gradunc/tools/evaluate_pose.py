"""Compare the pose network of a training with the recorded motion: `python -m gradunc.tools.evaluate_pose --help`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from rich.progress import track

from gradunc.assembly import data_set
from gradunc.commands.network import choose_device
from gradunc.commands.output import check_output
from gradunc.commands.run_command import run
from gradunc.config import help_text, load, parse
from gradunc.data.formats.kitti_odometry import format_poses
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.sets import SETS
from gradunc.data.settings import DataSettings
from gradunc.errors import InputError, unknown
from gradunc.metrics.trajectory import ALIGNMENTS, Alignment
from gradunc.models.pose.checkpoint import load_pose_network
from gradunc.options import PATH, option
from gradunc.results import Result, show, write
from gradunc.results.motion import motion_result
from gradunc.tools.pose_paths import ClipErrors, compare, find_clips, predict_motions

USAGE = "checkpoint=FILE.ckpt data.root=DIR [data=NAME] [key=value ...] [--help]"
GROUPS = {"data": "kitti_odometry"}


@dataclass
class PoseConfig:
    """Errors of the motion that a pose network sees between consecutive frames of a test split."""

    checkpoint: str | None = option(None, ".ckpt file of a training with neighbours in time", rule=PATH)
    alignment: str = option("scale", "taken out of each predicted path: none, scale, 6dof or 7dof")
    snippet: int = option(5, "frames of the snippets of the published tables; each has a scale of its own")
    output: str | None = option(
        None, "folder of the aligned paths (KITTI format) and metrics.json; null = table only", rule=PATH
    )
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
    result = _result(results, config)
    show(result)
    if config.output is not None:
        write(result, Path(config.output), beside=_paths(results))
    return 0


def _check(config: PoseConfig) -> None:
    if config.checkpoint is None:
        raise InputError("checkpoint is missing; give checkpoint=FILE.ckpt, a checkpoint of train.py")
    if config.alignment not in ALIGNMENTS:
        raise unknown("alignment", config.alignment, ALIGNMENTS)
    if config.snippet < 2:
        raise InputError(f"snippet={config.snippet} must be at least 2 frames")
    if config.data.name not in SETS:
        raise unknown("data set", config.data.name or "", SETS)
    if config.output is not None:
        check_output(Path(config.output))


def _data(settings: DataSettings, size: tuple[int, int]) -> FrameDataset:
    """The test split, each frame with the next one as its source."""
    found = data_set(settings).without_truth()
    data = found.open("test", size, (1,))
    found.remarks.tell()
    if not isinstance(data, FrameDataset):
        raise InputError(f"data={settings.name} is no recorded video with known motion; choose data=kitti_odometry")
    return data


def _result(clips: Sequence[ClipErrors], config: PoseConfig) -> Result:
    rows = [{"sequence": clip.name, "frames": clip.frames, "length_m": clip.length, **clip.errors} for clip in clips]
    return motion_result(rows, checkpoint=str(config.checkpoint), alignment=config.alignment, snippet=config.snippet)


def _paths(clips: Sequence[ClipErrors]) -> dict[str, bytes]:
    """A file of aligned poses for each sequence."""
    return {f"{clip.name.replace('/', '_')}.txt": format_poses(clip.path.numpy()).encode() for clip in clips}


if __name__ == "__main__":
    run(main)
