"""What a data set answers, whatever it is."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

from torch.utils.data import Dataset

from gradunc.data.formats import video
from gradunc.data.recorded.division import Division, checked_division
from gradunc.data.recorded.frame_cache import CachedFrames
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.recorded.resizing import resize_notes
from gradunc.data.recorded.unused import unused_files
from gradunc.data.remarks import Note, Remarks
from gradunc.data.settings import CommonSettings, DivisionSettings
from gradunc.errors import InputError, path_hint
from gradunc.types import FrameIds, Sample, Size, Split, TruthKind

Options = TypeVar("Options")


class DataSet(ABC, Generic[Options]):
    """A data set with its options: a subclass writes `read`, and overrides those answers that are others for it.

    Args:
        common: the options that all data sets share.
        options: its own ones, the section `data.NAME`. Their values are in range, but names may be wrong ones.
    """

    default_frames: ClassVar[FrameIds] = (-1, 1)
    """The source views it has; what is looked at where no objective asks for others."""
    photometric_objective: ClassVar[str] = "mono"
    """The objective that trains on it without true depth, for messages."""

    def __init__(self, common: CommonSettings, options: Options) -> None:
        self.common, self.options = common, options
        self.remarks = Remarks()
        """What `open` has found that a user should know; shared with the copies of this data set."""
        self.camera_needed = True
        """Source views of a camera that nothing states are an `UnknownCamera`; see `without_camera`."""

    @abstractmethod
    def read(self, split: Split, size: Size, frames: FrameIds) -> Dataset[Sample]:
        """The samples of a split, at (h,w) and with those source views, from the stored files.

        Raises:
            InputError: missing or unsuitable files, wrong names in the options, source views that do not exist.
        """

    def open(self, split: Split, size: Size, frames: FrameIds = ()) -> Dataset[Sample]:
        """As `read`; resized images are kept in the cache where `data.frame_cache` asks for it.

        What is assumed of the samples, what of the files is not used, and that images are resized to a size far from
        theirs, is added to `remarks`.
        """
        data = self.read(split, size, frames)
        if isinstance(data, FrameDataset):
            for assumption, sequence in data.assumed:
                self.remarks.assume(assumption, sequence)
            self.remarks.note(*resize_notes(data))
        if repr(self.options) not in self.remarks.surveyed:
            self.remarks.surveyed.add(repr(self.options))
            self.remarks.note(*self.unused())
        if not self.common.frame_cache or not isinstance(data, FrameDataset):
            return data
        kept = Path(self.common.cache).expanduser() / "frames"
        return CachedFrames(data, kept, max(self.common.workers, 1), strict=self.common.strict)

    def missing_truth(self, *, train: bool = False) -> str:
        """Why there is no true depth to evaluate on, or with `train` to train on, and what to do; "" if there is."""
        return ""

    def kinds_of_truth(self, *, train: bool = False) -> Mapping[TruthKind, str]:
        """What is known of the images that are evaluated, or with `train` of those to train on -> what says so.

        Losses may learn from truth that is no depth; nothing is measured with it.
        """
        return {} if self.missing_truth(train=train) else {"depth": "true depth"}

    def unused(self) -> Iterable[Note]:
        """What the files hold that looks like data and is not used; asked once, after `read` has found no error."""
        return ()

    def without_truth(self) -> Self:
        """The same data, whose true depth is not read where that costs time or needs files."""
        return self

    def without_camera(self) -> Self:
        """The same data, whose samples have source views but no intrinsics where nothing states the camera."""
        other = copy(self)
        other.camera_needed = False
        return other

    @property
    def truth_kind(self) -> str:
        """The value of `data.NAME.truth` where a data set has several kinds of true depth, else ""."""
        return ""

    @property
    def truth_label(self) -> str:
        """What tables call the true depth where figures depend on its kind, else ""."""
        return ""

    def needs_truth(self, reason: str) -> InputError:
        """The error of a supervised training without true depth; `reason` as of `missing_truth`."""
        return InputError(
            f"supervised training needs true depth, but {reason}, or choose objective={self.photometric_objective}"
        )

    def _with(self, options: Options) -> Self:
        """The same data set with other options."""
        other = copy(self)
        other.options = options
        return other


class RecordedDataSet(DataSet[Options]):
    """A data set of files below `data.root`, perhaps of sequences that `data.division` shares out."""

    holds: ClassVar[str]
    """What `data.root` should be, for messages."""
    default_division: ClassVar[DivisionSettings] = DivisionSettings()
    """What `configs/data/NAME.yaml` says of it, so that messages name only what a user has set."""

    def root(self) -> Path:
        """The folder `data.root`; InputError, saying what it should hold, if there is none."""
        given = self.common.root
        if given is None:
            raise InputError(f"data.root is missing: {self.holds}")
        root = Path(given).expanduser()
        if not root.is_dir():
            film = "; a film is read with data=video" if root.suffix.lower() in video.SUFFIXES else ""
            raise InputError(f"data.root='{given}' is no folder{path_hint(root)}; it should be {self.holds}{film}")
        return root

    def division(self) -> Division:
        """How sequences are shared out; InputError for what are no shares."""
        return checked_division(self.common.division, self.default_division)

    def unused_files(
        self, used: Iterable[Path], reads: str, ignored: Sequence[str] = (), within: Sequence[Path] = ()
    ) -> list[Note]:
        """Notes on files below the root that look like data, but for those in our cache; see `unused.unused_files`."""
        cache = Path(self.common.cache).expanduser()
        return unused_files(self.root(), used, reads, ignored, within=within, cache=cache)


AnyDataSet = DataSet[Any]
"""A data set whose options the caller does not look at."""
