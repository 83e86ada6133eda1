"""KITTI raw."""

from pathlib import Path
from typing import cast

from torch.utils.data import Dataset

from gradunc.config.schema import DataSettings
from gradunc.data.datamodule import Split
from gradunc.data.devkits.kitti import DepthAxis
from gradunc.data.kitti_raw import KittiRaw
from gradunc.errors import InputError, path_hint, unknown
from gradunc.types import FrameIds, Sample, Size


def kitti(settings: DataSettings, split: Split, size: Size, frames: FrameIds) -> Dataset[Sample]:
    """Frames of one split."""
    options = settings.kitti
    if settings.root is None:
        raise InputError("data.root is missing: the folder that holds KITTI's dates (2011_09_26, ...)")
    root = Path(settings.root).expanduser()
    if not root.is_dir():
        raise InputError(f"data.root='{settings.root}' is no folder{path_hint(root)}")
    if options.depth_axis not in ("camera_z", "laser_x"):
        raise unknown("data.kitti.depth_axis", options.depth_axis, ("camera_z", "laser_x"))
    file = {"train": options.train_split, "val": options.val_split, "test": options.test_split}[split]
    if file is None and split != "test":
        raise InputError(f"data.kitti.{split}_split is missing: a file of lines 'date/drive frame side'")
    return KittiRaw(
        root,
        size,
        frames,
        lines=None if file is None else _lines(Path(file).expanduser(), f"data.kitti.{split}_split"),
        ground_truth=options.ground_truth,
        depth=cast(DepthAxis, options.depth_axis),
    )


def _lines(path: Path, key: str) -> list[str]:
    if not path.is_file():
        raise InputError(f"{key}='{path}' does not exist{path_hint(path)}")
    return [line for line in path.read_text().splitlines() if line.strip()]
