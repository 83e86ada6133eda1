"""Camera matrices that do not belong to their images. All are thresholds on what ordinary cameras are."""

import math

import numpy as np
from numpy.typing import NDArray

from gradunc.data.inspection.finding import Finding

VIEWS = (15.0, 130.0)
"""Horizontal field of view of cameras without fisheye lens [degrees]."""

POSSIBLE_VIEWS = (5.0, 170.0)
"""The same of any camera that a pinhole describes."""

OFF_CENTRE = (0.15, 0.4)
"""Distance of the principal point from the middle of the image across and down, as share of the side, that no common
camera has. Sky and bonnet are often cut off: in View of Delft it lies at 15% of the height."""

OUTSIDE = (0.4, 0.5)
"""The same, that no camera has."""

FILES = "fx in intrinsics.json or calibration.json, or the option of the focal length [px]"


def intrinsics_findings(intrinsics: NDArray[np.float64], size: tuple[int, int]) -> list[Finding]:
    """A camera matrix (3,3) that does not belong to images (H,W)."""
    return [*_principal_point(intrinsics, size), *_focal_length(float(intrinsics[0, 0]), size[1])]


def pixel_findings(intrinsics: NDArray[np.float64]) -> list[Finding]:
    """A camera matrix (3,3) of stored images whose pixels are not square."""
    ratio = float(intrinsics[0, 0] / intrinsics[1, 1])
    if abs(ratio - 1) <= 0.1:
        return []
    return [
        Finding(f"fx / fy is {ratio:.2f}, but stored pixels are square: was only one side of the intrinsics scaled?")
    ]


def _principal_point(intrinsics: NDArray[np.float64], size: tuple[int, int]) -> list[Finding]:
    (_, _, cx), (_, _, cy) = intrinsics[:2].tolist()
    height, width = size
    x, y = (cx + 0.5) / width, (cy + 0.5) / height
    off = abs(x - 0.5), abs(y - 0.5)
    if all(one <= most for one, most in zip(off, OFF_CENTRE, strict=True)):
        return []
    return [
        Finding(
            f"the principal point lies at {x:.0%} of the width and {y:.0%} of the height: are the intrinsics about "
            f"images of {2 * cx + 1:.0f}x{2 * cy + 1:.0f} pixels instead of {width}x{height}? (intrinsics.json: state "
            "width and height; cropped images: subtract the crop from cx, cy)",
            any(one > most for one, most in zip(off, OUTSIDE, strict=True)),
        )
    ]


def _focal_length(focal: float, width: int) -> list[Finding]:
    view = math.degrees(2 * math.atan(width / 2 / focal)) if focal > 0 else 180.0
    if VIEWS[0] <= view <= VIEWS[1]:
        return []
    guess = f"divided by the width (then write {focal * width:.4g}), " if 0.2 <= focal <= 4 else ""
    return [
        Finding(
            f"the focal length of {focal:.4g} pixels gives a field of view of {view:.0f} degrees at a width of "
            f"{width}: is it {guess}of another image size, or in millimetres? Correct {FILES}",
            not POSSIBLE_VIEWS[0] <= view <= POSSIBLE_VIEWS[1],
        )
    ]
