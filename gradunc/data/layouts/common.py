"""What layouts share: small checks of what they find."""

from pathlib import Path

from PIL import Image

from gradunc.errors import InputError
from gradunc.types import FrameIds

ASPECT_TOLERANCE = 0.02
"""Relative difference of two aspects that a resize to whole pixels may cause."""

_SIDEWAYS = (5, 6, 7, 8)
_ORIENTATION = 0x0112


def image_size(path: Path) -> tuple[int, int]:
    """(H,W) of a stored image, upright by its EXIF orientation, without decoding it; InputError if it is none."""
    try:
        with Image.open(path) as file:
            width, height = file.size
            sideways = file.getexif().get(_ORIENTATION) in _SIDEWAYS
    except Exception as error:  # Pillow raises nearly anything on damaged data
        raise InputError(f"cannot read image '{path}': {' '.join(str(error).split())}") from error
    return (width, height) if sideways else (height, width)


def check_aspect(what: str, size: tuple[int, int], whose: str, other: tuple[int, int]) -> None:
    """InputError unless one (H,W) is a resized form of the other."""
    ratio = (size[1] / size[0]) / (other[1] / other[0])
    if abs(ratio - 1) > ASPECT_TOLERANCE:
        raise InputError(
            f"{what} is about {size[1]}x{size[0]} pixels, {whose} has {other[1]}x{other[0]}: another shape, so one of "
            "them was cropped or belongs to other data"
        )


def check_temporal(frames: FrameIds, kind: str) -> None:
    """InputError for source views that single-camera recordings do not have."""
    for frame in frames:
        if not isinstance(frame, int) or frame == 0:
            raise InputError(f"{kind} has one camera: the source view '{frame}' must be a neighbour in time, -1 or 1")
