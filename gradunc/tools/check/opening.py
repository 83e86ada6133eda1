"""Opening a split to look at: with its source views, and where it has none or no camera, with what it does have."""

from typing import Any, NamedTuple

from gradunc.data.interface import AnyDataSet
from gradunc.data.recorded.camera import UnknownCamera
from gradunc.data.recorded.neighbours import NoNeighbours
from gradunc.errors import InputError
from gradunc.types import FrameIds, Size, Split

CAMERA = "camera, and depth against the motion between images"
VIEWS = "camera, and source views"


class Opened(NamedTuple):
    """A split that is looked at."""

    split: Split
    data: Any
    frames: FrameIds
    """Ids of the source views that its samples have."""
    left_out: str = ""
    """What cannot be looked at, and why; "" = nothing."""


def open_split(found: AnyDataSet, split: Split, size: Size, frames: FrameIds, *, asked: bool) -> Opened:
    """A split with samples.

    A supervised training needs neither a camera nor source views. Unless these are what the user has `asked` for, data
    without them are opened without them.

    Args:
        found: the data set.
        split: which one.
        size: (h,w) of the network.
        frames: ids of the source views.
        asked: an objective was chosen that trains on these views.

    Raises:
        InputError: the split cannot be opened as asked, and neither without what it lacks.
    """
    try:
        return Opened(split, _samples(found, split, size, frames), frames)
    except (UnknownCamera, NoNeighbours) as error:
        if asked or not frames:
            raise
        reason = error
    if isinstance(reason, UnknownCamera):
        try:
            data = _samples(found.without_camera(), split, size, frames)
            return Opened(split, data, frames, f"{CAMERA}: {reason}")
        except NoNeighbours as error:
            reason = error
    try:
        return Opened(split, _samples(found, split, size, ()), (), f"{VIEWS} {[*frames]}: {reason}")
    except InputError:
        raise reason from None


def _samples(found: AnyDataSet, split: Split, size: Size, frames: FrameIds) -> Any:
    """The samples of a split; InputError for none."""
    data: Any = found.open(split, size, frames)
    if not len(data):
        raise InputError(f"the {split} split holds no sample; check data.root")
    return data
