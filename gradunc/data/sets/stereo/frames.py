"""Frames of rectified stereo pairs, with depth from disparity."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gradunc.data.recorded.division import Division, targets
from gradunc.data.recorded.frames import Frame, ImageFile, ImageSource
from gradunc.data.recorded.neighbours import NoNeighbours
from gradunc.data.recorded.readable import divide_readable, too_short
from gradunc.data.recorded.sizes import image_size, usual_size
from gradunc.data.recorded.truth import check_first
from gradunc.data.recorded.views import ShiftedImage, UnusableImage
from gradunc.data.remarks import Remarks
from gradunc.data.sets.stereo.calibration import calibration_of
from gradunc.data.sets.stereo.files import StereoPair, StereoSequence, find_sequences
from gradunc.data.sets.stereo.settings import StereoSettings
from gradunc.data.sets.stereo.truth import DisparityFile, truth_of
from gradunc.errors import InputError
from gradunc.types import STEREO, FrameIds, Size, Split


def stereo_frames(
    root: Path,
    split: Split,
    frames: FrameIds,
    options: StereoSettings,
    division: Division,
    *,
    strict: bool = True,
    remarks: Remarks | None = None,
) -> list[Frame]:
    """The left views of one split.

    Args:
        root: pairs in one of the layouts.
        split: which one.
        frames: "s" for the right view; integers for left neighbours in the order of the names (motion unknown).
        options: layout and calibration.
        division: of the scenes or sequences.
        strict: a pair that cannot be used is an error; False leaves that to its loading, as long as one can be used.
        remarks: get a note on sequences that are too short.

    Raises:
        InputError: no pairs, no calibration, left and right of different sizes, pairs of several sizes in a sequence,
            disparity of another unit.
    """
    sequences = find_sequences(root, options.layout, strict=strict)
    lengths = {name: len(sequence.pairs) for name, sequence in sequences.items()}

    def look(name: str) -> None:
        _frame(name, sequences[name], 0, (), options, None)

    parts = divide_readable(lengths, split, division, look, frames=frames, strict=strict)
    found: list[Frame] = []
    for name, part in parts.items():
        made = _frames(name, sequences[name], targets(part, frames), frames, options, strict=strict)
        if strict:
            check_first(made)
        found += made
    if remarks is not None:
        remarks.note(*too_short(parts, frames))
    if not found:
        raise NoNeighbours(
            f"no pair of the {split} split has the neighbours {[*frames]} in its sequence; set objective.frames=[s]"
        )
    unusable = [frame.image for frame in found if isinstance(frame.image, UnusableImage)]
    if len(unusable) == len(found):
        raise InputError(unusable[0].reason)
    if not strict:
        check_first(found, None)
    return found


def pair_size(pair: StereoPair) -> tuple[int, int]:
    """(H,W) of both images of a pair; InputError if they differ."""
    left, right = image_size(pair.left), image_size(pair.right)
    if left != right:
        raise InputError(
            f"left and right differ in size: '{pair.left}' has {left[1]}x{left[0]} pixels, '{pair.right}' "
            f"{right[1]}x{right[0]}; rectify and resize them together"
        )
    return left


def _frames(
    name: str,
    sequence: StereoSequence,
    positions: Sequence[int],
    frames: FrameIds,
    options: StereoSettings,
    *,
    strict: bool,
) -> list[Frame]:
    """The frames of a sequence, whose pairs have the size of the first, or (not strict) of most that can be used."""
    made: list[Frame] = []
    size = None if strict else _size([sequence.pairs[position] for position in positions])
    for position in positions:
        try:
            frame = _frame(name, sequence, position, frames, options, size)
        except InputError as error:
            if strict:
                raise
            frame = Frame(UnusableImage(sequence.pairs[position].left, str(error)), name)
        size = size or frame.native_size
        made.append(frame)
    return made


def _size(pairs: Sequence[StereoPair]) -> Size | None:
    """(H,W) of most of the pairs; None if not one can be used."""
    try:
        return usual_size(pairs, pair_size, strict=False)
    except InputError:
        return None


def _frame(
    name: str,
    sequence: StereoSequence,
    position: int,
    frames: FrameIds,
    options: StereoSettings,
    expected: Size | None,
) -> Frame:
    pair = sequence.pairs[position]
    size = pair_size(pair)
    if expected is not None and size != expected:
        raise InputError(
            f"'{pair.left}' has {size[1]}x{size[0]} pixels, the others {expected[1]}x{expected[0]}: one "
            "calibration cannot serve both; keep pairs of another camera in a folder of their own"
        )
    calibration = calibration_of(sequence, pair, size, options)
    sources: list[ImageSource] = []
    poses = np.full((len(frames), 4, 4), np.nan)
    for i, frame in enumerate(frames):
        if frame == STEREO:
            # One matrix serves both views: the right one is moved as if its principal point were the left one's.
            shift = round(calibration.doffs)
            sources.append(ShiftedImage(pair.right, shift, size) if shift else ImageFile(pair.right, size))
            poses[i] = calibration.pose
        else:
            sources.append(ImageFile(sequence.pairs[position + int(frame)].left, size))
    truth = truth_of(pair, calibration, size) if options.ground_truth else None
    image = ImageFile(pair.left, size)
    disparity = truth if isinstance(truth, DisparityFile) else None
    return Frame(
        image,
        name,
        calibration.matrix,
        size,
        tuple(sources),
        poses if frames else None,
        truth,
        truth_is_disparity=disparity is not None,
        assumed=disparity.assumed if disparity is not None else calibration.assumed if frames else (),
    )
