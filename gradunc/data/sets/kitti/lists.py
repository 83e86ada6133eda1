"""The split lists of KITTI: a file of the user, or a published list that `gradunc.tools.prepare` has fetched."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gradunc.data.formats.kitti_splits import read_split, split_names
from gradunc.data.recorded.division import EmptySplit
from gradunc.data.settings import CommonSettings
from gradunc.errors import InputError, path_hint, unknown
from gradunc.text_files import read_lines
from gradunc.types import Split


class SplitOptions(Protocol):
    """The keys that data sets with lists share."""

    split: str | None
    train_split: str | None
    val_split: str | None
    test_split: str | None


@dataclass(frozen=True)
class ListKeys:
    """What a data set knows of its lists."""

    section: str
    """Dotted name of the options, for messages: "data.kitti"."""
    known: Sequence[str]
    """Published splits that fit the data set."""
    line: str
    """What the lines of its lists are, for messages: "date/drive frame side"."""


def split_folder(common: CommonSettings) -> Path:
    """Where the published lists lie."""
    folder = common.split_dir
    return (Path(common.cache) / "kitti_splits" if folder is None else Path(folder)).expanduser()


def split_lines(
    options: SplitOptions, split: Split, keys: ListKeys, folder: Path, *, truth: str = "velodyne"
) -> list[str] | None:
    """The lines of one split; None where there is no list to test on.

    Args:
        options: which lists.
        split: which one.
        keys: of the data set.
        folder: of the published lists.
        truth: kind of true depth, on which the test list of some splits depends.

    Raises:
        EmptySplit: no list to train or validate on.
        InputError: an unknown list, or a file that is missing or not the published one.
    """
    key = f"{keys.section}.{split}_split"
    file = {"train": options.train_split, "val": options.val_split, "test": options.test_split}[split]
    if file is not None:
        return _read(Path(file).expanduser(), key)
    if options.split is not None:
        if options.split not in keys.known:
            raise unknown(f"{keys.section}.split", options.split, keys.known)
        names = split_names(options.split, split, truth)
        return [line for name in names for line in read_split(folder, name, keys.section)]
    if split != "test":
        raise EmptySplit(
            f"{key} is missing: set {keys.section}.split={keys.known[0]} (published lists), or a file of lines "
            f"'{keys.line}'"
        )
    return None


def _read(path: Path, key: str) -> list[str]:
    if not path.exists():
        raise InputError(f"{key}='{path}' does not exist{path_hint(path)}")
    return read_lines(path, key)
