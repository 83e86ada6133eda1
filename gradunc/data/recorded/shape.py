"""Whether a stored image is the whole picture that its camera makes: resized at most, neither cropped nor turned."""

from pathlib import Path

from gradunc.errors import InputError
from gradunc.types import Size

ASPECT_TOLERANCE = 0.035
"""Relative difference of two aspects that a resize may cause: to whole pixels, or to multiples of 32, as KITTI's
1242x375 and 1226x370 are kept at 640x192 and 1024x320 (3.4%); its customary crop to 1216x352 differs by 4.3%. A resize
stretches camera and truth alike, so that both stay right."""


def is_resized(size: Size, other: Size) -> bool:
    """Whether one (H,W) is a resized form of the other.

    >>> is_resized((320, 1024), (370, 1226)), is_resized((352, 1216), (375, 1242)), is_resized((640, 480), (480, 640))
    (True, False, False)
    """
    return abs((size[1] / size[0]) / (other[1] / other[0]) - 1) <= ASPECT_TOLERANCE


def check_shape(path: Path, size: Size, expected: Size) -> None:
    """InputError unless an image of (H,W) is a resized form of what its camera makes."""
    if not is_resized(size, expected):
        raise InputError(
            f"image '{path}' has {size[1]}x{size[0]} pixels, its camera makes {expected[1]}x{expected[0]}: another "
            "shape, so it was cropped or turned, or is of another camera; take the original file or remove it"
        )
