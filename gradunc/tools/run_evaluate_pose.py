"""The comparison itself: the network over the frames, the errors of every clip, a table and files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from rich.progress import track

from gradunc.assembly import data_set
from gradunc.data.formats.kitti_odometry import format_poses
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.settings import DataSettings
from gradunc.errors import InputError
from gradunc.metrics.choices import PathAlignment
from gradunc.models.pose.checkpoint import load_pose_network
from gradunc.ops.devices import choose_device
from gradunc.results import Result, show, write
from gradunc.results.motion import motion_result
from gradunc.tools.pose_paths import ClipErrors, compare, find_clips, predict_motions

if TYPE_CHECKING:
    from gradunc.tools.evaluate_pose import PoseConfig


def evaluate_pose(config: PoseConfig) -> int:
    """Compare, show and write; returns the exit code.

    Args:
        config: whose options are in range.

    Raises:
        InputError: a checkpoint without pose network, or data without known motion.
    """
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
    alignment = cast(PathAlignment, config.alignment)
    results = [compare(clip, truth, predicted, alignment, config.snippet) for clip in clips if len(clip.positions) > 1]
    result = _result(results, config)
    show(result)
    if config.output is not None:
        write(result, Path(config.output), beside=_paths(results))
    return 0


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
