"""From the section `data` to a data set, its splits and the loading of batches."""

from dataclasses import asdict
from functools import partial
from typing import Any, cast, get_args

from torch.utils.data import Dataset

from gradunc.assembly.data_fingerprint import split_fingerprint
from gradunc.assembly.mixture import MixtureSet
from gradunc.config.mixture import mixture_parts
from gradunc.data.interface import AnyDataSet
from gradunc.data.loading.datamodule import DepthData
from gradunc.data.loading.mixture import Mixture
from gradunc.data.loading.report import Policy
from gradunc.data.loading.subset import Subset, subset_of
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.sets import MIXTURE, data_set_of
from gradunc.data.settings import DataSettings
from gradunc.errors import InputError, unknown
from gradunc.types import FrameIds, Sample, Size, Split


def data_set(settings: DataSettings) -> AnyDataSet:
    """The data set that is asked for, which reads nothing yet.

    Raises:
        InputError: no or an unknown data set, or a mixture with a wrong part.
    """
    name = settings.name or ""
    if name == MIXTURE:
        parts = mixture_parts(settings)
        return MixtureSet(settings, parts, {label: data_set(part.settings) for label, part in parts.items()})
    return data_set_of(name)(settings, getattr(settings, name))


def build_data(
    settings: DataSettings,
    size: Size,
    frames: FrameIds = (),
    seed: int = 0,
    *,
    train_truth: bool = True,
    test_truth: bool = True,
) -> DepthData:
    """The data module; splits are opened when they are first needed.

    Without `train_truth` the training split omits true depth where reading it costs: no laser scans are read for a
    self-supervised training. `test_truth` says the same of the test split.

    Raises:
        InputError: no or an unknown data set, or an unknown policy.
    """
    found = data_set(settings)
    if settings.on_error not in get_args(Policy):
        raise unknown("data.on_error", settings.on_error, get_args(Policy))

    def open_split(split: Split) -> Dataset[Sample]:
        wanted = {"train": train_truth, "val": True, "test": test_truth}[split]
        opened: Any = (found if wanted else found.without_truth()).open(split, size, frames if split != "test" else ())
        if split == "train" and settings.train_fraction < 1 and len(opened) > 0:
            return subset_of(opened, settings.train_fraction, settings.subset_seed)
        return opened

    augmentation = asdict(settings.augmentation)
    enabled = augmentation.pop("enabled")
    return DepthData(
        open_split,
        batch_size=settings.batch_size,
        eval_batch_size=settings.eval_batch_size,
        workers=settings.workers,
        augmentation=augmentation if enabled else None,
        seed=seed,
        on_error=cast(Policy, settings.on_error),
        remarks=found.remarks,
        label=settings.name or "data",
        identify=partial(split_fingerprint, settings),
    )


def missing_truth(settings: DataSettings, *, train: bool = False) -> str:
    """Why validation and test samples come without true depth, and what to do about it; "" if they have it.

    Of a mixture the parts that are validated on are asked, or those that are trained on (`train`).
    """
    return data_set(settings).missing_truth(train=train)


def check_truth(data: DepthData, *splits: Split) -> None:
    """Raise `InputError` if not one sample of a split has true depth, as where only other sequences have it."""
    for name in splits:
        if not _has_truth(data.split(name)):
            raise InputError(f"no sample of the {name} split has true depth; give data.division other sequences")


def _has_truth(data: Dataset[Sample]) -> bool:
    if isinstance(data, Mixture):
        return any(_has_truth(part) for part in data.parts.values())
    if isinstance(data, Subset) and isinstance(data.data, FrameDataset):
        return any(data.data.frames[index].has_truth for index in data.indices)
    return not isinstance(data, FrameDataset) or any(frame.has_truth for frame in data.frames)
