"""Data sets by name. A new one: a file in `datasets/`, a line in `DATASETS`, a section of the schema, a YAML file."""

from collections.abc import Callable
from dataclasses import asdict, replace

from torch.utils.data import Dataset

from gradunc.build.datasets.kitti import kitti
from gradunc.build.datasets.rgbd import rgbd
from gradunc.build.datasets.synthetic import synthetic
from gradunc.config.schema import DataSettings
from gradunc.data.datamodule import DepthData, Split
from gradunc.errors import unknown
from gradunc.types import FrameIds, Sample, Size

DATASETS: dict[str, Callable[[DataSettings, Split, Size, FrameIds], Dataset[Sample]]] = {
    "synthetic": synthetic,
    "kitti": kitti,
    "rgbd": rgbd,
}


def build_data(
    settings: DataSettings, size: Size, frames: FrameIds = (), seed: int = 0, *, train_truth: bool = True
) -> DepthData:
    """The data module; data sets are made when they are first needed.

    Without `train_truth` the training split leaves true depth away where reading it costs: no laser scans are read for
    a self-supervised training.

    Raises:
        InputError: no or an unknown data set.
    """
    if settings.name is None or settings.name not in DATASETS:
        raise unknown("data set", settings.name or "", DATASETS)
    builder = DATASETS[settings.name]
    augmentation = asdict(settings.augmentation)
    enabled = augmentation.pop("enabled")
    return DepthData(
        lambda split: builder(_for_split(settings, split, train_truth), split, size, frames if split != "test" else ()),
        batch_size=settings.batch_size,
        eval_batch_size=settings.eval_batch_size,
        workers=settings.workers,
        augmentation=augmentation if enabled else None,
        seed=seed,
    )


def has_truth(settings: DataSettings) -> bool:
    """Whether validation and test samples come with true depth."""
    return settings.name != "kitti" or settings.kitti.ground_truth


def _for_split(settings: DataSettings, split: Split, train_truth: bool) -> DataSettings:
    if split != "train" or train_truth:
        return settings
    return replace(settings, kitti=replace(settings.kitti, ground_truth=False))
