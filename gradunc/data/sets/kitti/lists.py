"""The split lists of KITTI: a file of the user, or a published list that `gradunc.tools.prepare` has fetched."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from gradunc.config.data_schema import DataSettings
from gradunc.data.formats.kitti_splits import read_split, split_names
from gradunc.errors import InputError, path_hint, unknown
from gradunc.types import Split


class SplitOptions(Protocol):
    """The keys that data sets with lists share."""

    split: str | None
    train_split: str | None
    val_split: str | None
    test_split: str | None


def split_folder(settings: DataSettings) -> Path:
    """Where the published lists lie."""
    folder = settings.split_dir
    return (Path(settings.cache) / "kitti_splits" if folder is None else Path(folder)).expanduser()


def split_lines(
    settings: DataSettings, section: str, split: Split, known: Sequence[str], *, truth: str = "velodyne"
) -> list[str] | None:
    """The lines of one split; None where there is no list to test on.

    Args:
        settings: the section `data`.
        section: name of the part of it that holds the keys.
        split: which one.
        known: published splits that fit the data set.
        truth: kind of true depth, on which the test list of some splits depends.

    Raises:
        InputError: no list to train or validate on, an unknown one, or a file that is missing or not the published one.
    """
    options: SplitOptions = getattr(settings, section)
    key = f"data.{section}.{split}_split"
    file = {"train": options.train_split, "val": options.val_split, "test": options.test_split}[split]
    if file is not None:
        return _read(Path(file).expanduser(), key)
    if options.split is not None:
        if options.split not in known:
            raise unknown(f"data.{section}.split", options.split, known)
        names = split_names(options.split, split, truth)
        return [line for name in names for line in read_split(split_folder(settings), name)]
    if split != "test":
        raise InputError(
            f"{key} is missing: set data.{section}.split={known[0]} (published lists), or a file of lines "
            f"'{'date/drive' if section == 'kitti' else 'sequence'} frame side'"
        )
    return None


def _read(path: Path, key: str) -> list[str]:
    if not path.is_file():
        raise InputError(f"{key}='{path}' does not exist{path_hint(path)}")
    try:
        return path.read_text().splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"{key}='{path}' is no text file") from error
