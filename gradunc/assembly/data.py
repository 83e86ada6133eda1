"""Data sets by name. A new one: a file in `datasets/`, a line in `DATASETS`, a section of the schema, a YAML file."""

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import cast, get_args

from torch.utils.data import Dataset

from gradunc.assembly.mixture import mixture
from gradunc.config.data_schema import DataSettings
from gradunc.config.mixture import mixture_parts
from gradunc.data.datamodule import DepthData
from gradunc.data.failures import Policy
from gradunc.data.mixture import Mixture
from gradunc.data.recorded.frame_cache import CachedFrames
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.sets.folder.dataset import folder, missing_depth
from gradunc.data.sets.kitti.dataset import kitti, kitti_odometry
from gradunc.data.sets.nyu.dataset import nyu
from gradunc.data.sets.rgbd.dataset import rgbd
from gradunc.data.sets.stereo.dataset import missing_disparity, stereo
from gradunc.data.sets.synthetic.dataset import synthetic
from gradunc.data.sets.video.dataset import video
from gradunc.errors import InputError, unknown
from gradunc.types import FrameIds, Sample, Size, Split

DATASETS: dict[str, Callable[[DataSettings, Split, Size, FrameIds], Dataset[Sample]]] = {
    "synthetic": synthetic,
    "kitti": kitti,
    "kitti_odometry": kitti_odometry,
    "nyu": nyu,
    "rgbd": rgbd,
    "stereo": stereo,
    "folder": folder,
    "video": video,
}

MIXTURE = "mixture"
NAMES = (*DATASETS, MIXTURE)
"""What `data.name` may be."""


def build_data(
    settings: DataSettings, size: Size, frames: FrameIds = (), seed: int = 0, *, train_truth: bool = True
) -> DepthData:
    """The data module; data sets are made when they are first needed.

    Without `train_truth` the training split leaves true depth away where reading it costs: no laser scans are read for
    a self-supervised training.

    Raises:
        InputError: no or an unknown data set, or an unknown policy.
    """
    _check_names(settings)
    if settings.on_error not in get_args(Policy):
        raise unknown("data.on_error", settings.on_error, get_args(Policy))
    augmentation = asdict(settings.augmentation)
    enabled = augmentation.pop("enabled")
    return DepthData(
        lambda split: build_split(
            settings, split, size, frames if split != "test" else (), truth=train_truth or split != "train"
        ),
        batch_size=settings.batch_size,
        eval_batch_size=settings.eval_batch_size,
        workers=settings.workers,
        augmentation=augmentation if enabled else None,
        seed=seed,
        on_error=cast(Policy, settings.on_error),
    )


def missing_truth(settings: DataSettings, *, train: bool = False) -> str:
    """Why validation and test samples come without true depth, and what to do about it; "" if they have it.

    Of a mixture the parts that are validated on are asked, or those that are trained on (`train`).
    """
    if settings.name == "kitti" and settings.kitti.truth == "none":
        return "data.kitti.truth=none leaves true depth away; set data.kitti.truth=velodyne"
    if settings.name == "rgbd" and not settings.rgbd.ground_truth:
        return "data.rgbd.ground_truth=false leaves true depth away; set it to true"
    if settings.name == "kitti_odometry":
        return "KITTI odometry has no true depth; choose data=kitti"
    if settings.name == MIXTURE:
        parts = [part for part in mixture_parts(settings).values() if (part.weight > 0 if train else part.evaluate)]
        reasons = [missing_truth(part.settings, train=train) for part in parts]
        return reasons[0] if all(reasons) else ""
    if settings.name == "video":
        return "a video has no true depth; choose a data set that has"
    if settings.name == "stereo":
        return missing_disparity(settings)
    return missing_depth(settings) if settings.name == "folder" else ""


def check_truth(data: DepthData, *splits: Split) -> None:
    """Raise `InputError` if not one sample of a split has true depth, as where only other sequences have it."""
    for name in splits:
        if not _has_truth(data.split(name)):
            raise InputError(f"no sample of the {name} split has true depth; give data.division other sequences")


def _has_truth(data: Dataset[Sample]) -> bool:
    if isinstance(data, Mixture):
        return any(_has_truth(part) for part in data.parts.values())
    return not isinstance(data, FrameDataset) or any(frame.truth is not None for frame in data.frames)


def without_truth(settings: DataSettings) -> DataSettings:
    """The same data, whose true depth is not read where that costs or needs files."""
    return replace(
        settings,
        kitti=replace(settings.kitti, truth="none"),
        rgbd=replace(settings.rgbd, ground_truth=False),
        stereo=replace(settings.stereo, ground_truth=False),
        folder=replace(settings.folder, ground_truth=False),
    )


def build_split(
    settings: DataSettings, split: Split, size: Size, frames: FrameIds = (), *, truth: bool = True
) -> Dataset[Sample]:
    """One split by itself; without `truth` true depth is left away where reading it costs or needs files.

    Raises:
        InputError: no or an unknown data set, or one that cannot be built.
    """
    _check_names(settings)
    if settings.name == MIXTURE:
        return mixture(settings, split, lambda part: build_split(part, split, size, frames, truth=truth))
    assert settings.name is not None, "checked"
    data = DATASETS[settings.name](settings if truth else without_truth(settings), split, size, frames)
    if not settings.frame_cache or not isinstance(data, FrameDataset):
        return data
    kept = Path(settings.cache).expanduser() / "frames"
    return CachedFrames(data, kept, max(settings.workers, 1), strict=settings.on_error == "raise")


def _check_names(settings: DataSettings) -> None:
    parts = mixture_parts(settings).values() if settings.name == MIXTURE else ()
    for one in (settings, *(part.settings for part in parts)):
        if one.name is None or one.name not in NAMES:
            raise unknown("data set", one.name or "", NAMES)
