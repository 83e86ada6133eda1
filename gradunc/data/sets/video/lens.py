"""The camera of people's videos, if they know it; without lens distortion."""

import math

from gradunc.data.formats.camera_files import Matrix, centred_intrinsics
from gradunc.data.remarks import Assumption
from gradunc.data.sets.video.settings import VideoSettings
from gradunc.errors import InputError
from gradunc.types import Size

GUESSED_VIEW = 60.0
"""Field of view along the longer side [degrees] of an unknown camera: phones have 55 to 70."""

_GUESS = Assumption(
    f"field of view {GUESSED_VIEW:g} degrees",
    "the camera is unknown, and this guess along the longer side decides on the shape of the depth; set "
    "data.video.hfov (degrees) or data.video.focal (pixels)",
)


def check_lens(options: VideoSettings) -> None:
    """Raise `InputError` for two answers to one question."""
    if options.focal is not None and options.hfov is not None:
        raise InputError("data.video.focal and data.video.hfov say the same; set one of them")


def assumed_lens(options: VideoSettings) -> tuple[Assumption, ...]:
    """The guess that is made where nothing is known of the camera."""
    return (_GUESS,) if options.focal is None and options.hfov is None else ()


def focal_length(options: VideoSettings, size: Size) -> float:
    """[px] for pictures of (H,W).

    >>> focal_length(VideoSettings(hfov=90), (480, 640))
    320.0
    """
    if options.focal is not None:
        return options.focal
    side, view = (size[1], options.hfov) if options.hfov is not None else (max(size), GUESSED_VIEW)
    return round(side / 2 / math.tan(math.radians(view) / 2), 6)


def lens_intrinsics(options: VideoSettings, size: Size) -> Matrix:
    """(3,3) for pictures of (H,W)."""
    return centred_intrinsics(focal_length(options, size), size)
