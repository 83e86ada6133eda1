"""KITTI raw and KITTI odometry."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast, get_args

from torch.utils.data import Dataset

from gradunc.config.data_schema import DataSettings
from gradunc.data.formats.kitti import OTHER_SIDE, published_intrinsics
from gradunc.data.formats.kitti_splits import ODOMETRY_SPLITS, RAW_SPLITS
from gradunc.data.formats.velodyne import DepthAxis
from gradunc.data.recorded.frames import Frame, FrameDataset
from gradunc.data.sets.common import data_root
from gradunc.data.sets.kitti.frames import Poses, kitti_raw
from gradunc.data.sets.kitti.lists import split_lines
from gradunc.data.sets.kitti.truth import Truth
from gradunc.data.sets.kitti_odometry.frames import kitti_odometry as odometry_frames
from gradunc.errors import InputError, path_hint, unknown
from gradunc.types import FrameIds, Sample, Size, Split

INTRINSICS = ("calibration", "published")


def kitti(settings: DataSettings, split: Split, size: Size, frames: FrameIds) -> Dataset[Sample]:
    """Frames of one split of KITTI raw."""
    options = settings.kitti
    root = data_root(settings, "the folder that holds KITTI's dates (2011_09_26, ...)")
    for key, choices in (("truth", Truth), ("depth", DepthAxis), ("poses", Poses)):
        _check("kitti", key, getattr(options, key), get_args(choices))
    _check("kitti", "intrinsics", options.intrinsics, INTRINSICS)
    improved = options.truth == "improved"
    published = {"train": options.train_split, "val": options.val_split, "test": options.test_split}[split] is None
    if improved and published and options.split == "eigen" and split == "test":
        raise InputError("45 of the 697 images of eigen have no improved depth; set data.kitti.split=eigen_benchmark")
    found = kitti_raw(
        root,
        frames,
        lines=split_lines(settings, "kitti", split, RAW_SPLITS, truth=options.truth),
        cameras=_cameras(options.cameras),
        truth=cast(Truth, options.truth),
        improved_root=_improved_root(options.truth_root),
        depth=cast(DepthAxis, options.depth),
        poses=cast(Poses, options.poses),
        # The published lists were made for laser scans: the first and last frames of a drive have no improved depth.
        skip_without_truth=improved and published and split != "test",
        strict=settings.on_error == "raise",
    )
    return FrameDataset(_with_intrinsics(found, options.intrinsics, size), size)


def kitti_odometry(settings: DataSettings, split: Split, size: Size, frames: FrameIds) -> Dataset[Sample]:
    """Frames of one split of KITTI odometry."""
    options = settings.kitti_odometry
    root = data_root(settings, "the folder of KITTI odometry that holds 'sequences' and 'poses'")
    _check("kitti_odometry", "intrinsics", options.intrinsics, INTRINSICS)
    lines = split_lines(settings, "kitti_odometry", split, ODOMETRY_SPLITS)
    strict = settings.on_error == "raise"
    found = odometry_frames(root, frames, lines=lines, sequences=options.test_sequences, strict=strict)
    return FrameDataset(_with_intrinsics(found, options.intrinsics, size), size)


def _with_intrinsics(frames: Sequence[Frame], intrinsics: str, size: Size) -> list[Frame]:
    if intrinsics == "calibration":
        return list(frames)
    matrix = published_intrinsics(size)
    return [replace(frame, intrinsics=matrix, native_size=size) for frame in frames]


def _improved_root(folder: str | None) -> Path | None:
    if folder is None:
        return None
    root = Path(folder).expanduser()
    if not root.is_dir():
        raise InputError(f"data.kitti.truth_root='{folder}' is no folder{path_hint(root)}")
    return root


def _cameras(names: Sequence[str]) -> list[str]:
    for name in names:
        if name not in OTHER_SIDE:
            raise unknown("data.kitti.cameras entry", name, OTHER_SIDE)
    if not names:
        raise InputError("data.kitti.cameras=[] names no camera; set it to [l], [r] or [l,r]")
    return list(dict.fromkeys(names))


def _check(section: str, key: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise unknown(f"data.{section}.{key}", value, choices)
