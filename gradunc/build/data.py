"""Data sets by name. A new one is a function here, a line in `DATASETS`, a section of the schema and a YAML file."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import cast

from torch.utils.data import Dataset

from gradunc.config.schema import DataSettings
from gradunc.data.datamodule import DepthData, Split
from gradunc.data.devkits.kitti import DepthAxis
from gradunc.data.kitti_raw import KittiRaw
from gradunc.data.synthetic import SyntheticSettings, SyntheticStreet
from gradunc.errors import InputError, unknown
from gradunc.types import Sample

Size = tuple[int, int]
Frames = Sequence[int | str]


def _synthetic(settings: DataSettings, split: Split, size: Size, frames: Frames) -> Dataset[Sample]:
    options = settings.synthetic
    scenes = {"train": options.train_scenes, "val": options.val_scenes, "test": options.test_scenes}[split]
    world = SyntheticSettings(
        height=size[0],
        width=size[1],
        seed=options.seed,
        moving_objects=options.moving_objects,
        shadows=options.shadows,
        frames_per_scene=options.frames_per_scene,
    )
    return SyntheticStreet(split, scenes, world, frames, Path(settings.cache) / "synthetic")


def _kitti(settings: DataSettings, split: Split, size: Size, frames: Frames) -> Dataset[Sample]:
    options = settings.kitti
    if settings.root is None:
        raise InputError("data.root is missing: the folder that holds KITTI's dates (2011_09_26, ...)")
    if not Path(settings.root).is_dir():
        raise InputError(f"data.root='{settings.root}' is no folder")
    if options.depth_axis not in ("camera_z", "laser_x"):
        raise unknown("data.kitti.depth_axis", options.depth_axis, ("camera_z", "laser_x"))
    file = {"train": options.train_split, "val": options.val_split, "test": options.test_split}[split]
    if file is None and split != "test":
        raise InputError(f"data.kitti.{split}_split is missing: a file of lines 'date/drive frame side'")
    return KittiRaw(
        settings.root,
        size,
        frames,
        lines=None if file is None else _lines(Path(file), f"data.kitti.{split}_split"),
        ground_truth=options.ground_truth,
        depth=cast(DepthAxis, options.depth_axis),
    )


def _lines(path: Path, key: str) -> list[str]:
    if not path.is_file():
        raise InputError(f"{key}='{path}' does not exist")
    return [line for line in path.read_text().splitlines() if line.strip()]


DATASETS: dict[str, Callable[[DataSettings, Split, Size, Frames], Dataset[Sample]]] = {
    "synthetic": _synthetic,
    "kitti": _kitti,
}


def build_data(settings: DataSettings, size: Size, frames: Frames = (), seed: int = 0) -> DepthData:
    """The data module; data sets are made when they are first needed.

    Raises:
        InputError: no or an unknown data set.
    """
    if settings.name is None or settings.name not in DATASETS:
        raise unknown("data set", settings.name or "", DATASETS)
    builder = DATASETS[settings.name]
    for key, least in (("batch_size", 1), ("eval_batch_size", 1), ("workers", 0)):
        if getattr(settings, key) < least:
            raise InputError(f"data.{key}={getattr(settings, key)} must be at least {least}")
    augmentation = asdict(settings.augmentation)
    enabled = augmentation.pop("enabled")
    return DepthData(
        lambda split: builder(settings, split, size, frames if split != "test" else ()),
        batch_size=settings.batch_size,
        eval_batch_size=settings.eval_batch_size,
        workers=settings.workers,
        augmentation=augmentation if enabled else None,
        seed=seed,
    )
