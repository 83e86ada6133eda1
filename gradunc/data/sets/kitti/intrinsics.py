"""The intrinsics of KITTI's frames: those of the calibration, or the one published matrix."""

from collections.abc import Sequence
from dataclasses import replace

from gradunc.data.formats.kitti import published_intrinsics
from gradunc.data.recorded.frames import Frame
from gradunc.data.sets.kitti.settings import INTRINSICS
from gradunc.errors import unknown
from gradunc.types import Size


def check_intrinsics(choice: str, key: str) -> None:
    """Raise `InputError`, naming the option, for what is none of `INTRINSICS`."""
    if choice not in INTRINSICS:
        raise unknown(key, choice, INTRINSICS)


def with_intrinsics(frames: Sequence[Frame], choice: str, size: Size) -> list[Frame]:
    """The frames with the intrinsics of a choice; the published matrix is about images of (h,w)."""
    if choice == "calibration":
        return list(frames)
    matrix = published_intrinsics(size)
    return [replace(frame, intrinsics=matrix, native_size=size) for frame in frames]
