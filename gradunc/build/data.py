"""Data sets by name. A new one is a function here, a line in `DATASETS`, a section of the schema and a YAML file."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import cast

from torch.utils.data import Dataset

from gradunc.config.schema import DataSettings
from gradunc.data.datamodule import DepthData, Split
from gradunc.data.devkits.kitti import DepthAxis
from gradunc.data.kitti_raw import KittiRaw
from gradunc.data.synthetic import SyntheticSettings, SyntheticStreet
from gradunc.data.synthetic.cache import Arrays
from gradunc.errors import InputError, path_hint, unknown
from gradunc.types import Sample

Size = tuple[int, int]
Frames = Sequence[int | str]


class _Street(SyntheticStreet):
    """The street, for which a cache that cannot be read or written is an error of the user."""

    def load(self, index: int) -> Arrays | None:
        """The arrays of a sample from the cache; None where it has no whole file."""
        try:
            return super().load(index)
        except OSError as error:
            raise self._unusable(error) from error

    def produce(self, index: int) -> Arrays:
        """Renders the arrays of a sample, and keeps them if there is a cache."""
        try:
            return super().produce(index)
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> InputError:
        reason = error.strerror or error
        return InputError(f"cannot write rendered samples to '{self.folder}': {reason}; set data.cache=FOLDER")


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
    return _Street(split, scenes, world, frames, Path(settings.cache).expanduser() / "synthetic")


def _kitti(settings: DataSettings, split: Split, size: Size, frames: Frames) -> Dataset[Sample]:
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


DATASETS: dict[str, Callable[[DataSettings, Split, Size, Frames], Dataset[Sample]]] = {
    "synthetic": _synthetic,
    "kitti": _kitti,
}


def build_data(
    settings: DataSettings, size: Size, frames: Frames = (), seed: int = 0, *, train_truth: bool = True
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
