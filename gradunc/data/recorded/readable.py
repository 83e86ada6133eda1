"""Dividing sequences whose files may be wrong or too few: mistakes in files are told before those in shares."""

from collections.abc import Callable, Mapping

from gradunc.data.recorded.division import Division, EmptySplit, divide, targets
from gradunc.data.remarks import Note, notes
from gradunc.errors import InputError
from gradunc.types import FrameIds, Split


def divide_readable(
    lengths: Mapping[str, int],
    split: Split,
    division: Division,
    look: Callable[[str], object],
    *,
    frames: FrameIds = (),
    strict: bool = True,
) -> dict[str, range]:
    """As `divide`; where nothing is left for a split, sequences that cannot be read are told first.

    Args:
        lengths: sequence -> number of frames.
        split: which one.
        division: the shares.
        look: opens a sequence as far as mistakes show without its frames; raises `InputError`.
        frames: neighbours in time, see `divide`.
        strict: the first sequence that cannot be read is an error; False = only if none can.

    Raises:
        InputError: that of `look`, or of `divide`.
    """
    try:
        return divide(lengths, split, division, frames)
    except EmptySplit as empty:
        failed: list[InputError] = []
        for name in lengths:
            try:
                look(name)
            except InputError as error:
                failed.append(error)
        raise failed[0] if failed and (strict or len(failed) == len(lengths)) else empty from None


def too_short(parts: Mapping[str, range], frames: FrameIds) -> list[Note]:
    """A note on the sequences none of whose frames has all source views."""
    left = [name for name, part in parts.items() if not targets(part, frames)]
    return notes(f"sequences are left out, which are too short for the source views {[*frames]}", left)
