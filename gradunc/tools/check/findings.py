"""The usual mistakes in data, told from numbers: every function returns the lines to warn with, none if all is well.

All are thresholds on what ordinary scenes look like. They can be wrong about unusual data; they never change it.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gradunc.data.formats.motion import STILL, UNRELATED
from gradunc.data.recorded.shape import is_resized
from gradunc.types import STEREO

VIEWS = (15.0, 130.0)
"""Horizontal field of view of cameras without fisheye lens [degrees]."""

OFF_CENTRE = 0.15
"""Distance of the principal point from the middle of the image, as share of the side, that no common camera has."""

UNITS = (0.1, 300.0)
"""Median depth of scenes [m]."""

FACTORS = {1000.0: "millimetres", 100.0: "centimetres", 0.001: "kilometres", 256.0: "KITTI's 1/256 m"}
"""How many units of what a metre is."""

BETTER = 0.9
"""A fit is better than another when its error is below this share of it."""

STATIC = 0.001
"""Median shift below which a camera stands still, as share of the longer side: 0.6 pixels of 640."""

MOST = 0.5
"""A finding about single samples is told when this share of them shows it."""


def intrinsics_findings(intrinsics: NDArray[np.float64], size: tuple[int, int]) -> list[str]:
    """A camera matrix (3,3) that does not belong to images (H,W)."""
    (fx, _, cx), (_, _, cy) = intrinsics[:2].tolist()
    height, width = size
    found = []
    x, y = (cx + 0.5) / width, (cy + 0.5) / height
    if max(abs(x - 0.5), abs(y - 0.5)) > OFF_CENTRE:
        found.append(
            f"the principal point lies at {x:.0%} of the width and {y:.0%} of the height: are the intrinsics about "
            f"images of {2 * cx + 1:.0f}x{2 * cy + 1:.0f} pixels instead of {width}x{height}? (intrinsics.json: state "
            "width and height; cropped images: subtract the crop from cx, cy)"
        )
    view = math.degrees(2 * math.atan(width / 2 / fx))
    if not VIEWS[0] <= view <= VIEWS[1]:
        found.append(
            f"the focal length of {fx:.4g} pixels gives a field of view of {view:.0f} degrees: is it of another image "
            "size, or in millimetres?"
        )
    return found


def pixel_findings(intrinsics: NDArray[np.float64]) -> list[str]:
    """A camera matrix (3,3) of stored images whose pixels are not square."""
    ratio = float(intrinsics[0, 0] / intrinsics[1, 1])
    if abs(ratio - 1) <= 0.1:
        return []
    return [f"fx / fy is {ratio:.2f}, but stored pixels are square: was only one side of the intrinsics scaled?"]


def unit_findings(median: float) -> list[str]:
    """A median depth [m] that is none."""
    if UNITS[0] <= median <= UNITS[1]:
        return []
    likely = [(unit, name) for unit, name in FACTORS.items() if 0.5 <= median / unit <= 50]
    hint = f": probably {likely[0][1]}, so divide by {likely[0][0]:g}" if likely else ""
    return [f"the median depth is {median:.3g} m, which is the wrong unit{hint} (depth_scale = units per metre)"]


def value_findings(depths: Sequence[NDArray[np.float32]]) -> list[str]:
    """Depth maps, (N,) known values each, that have lost their resolution or their range."""
    dense = [depth for depth in depths if depth.size >= 5000]
    if not dense:
        return []
    counts = [len(np.unique(depth)) for depth in dense]
    clipped = [float((depth == depth.max()).mean()) for depth in dense]
    found = []
    if np.median(counts) <= 256:
        found.append(
            f"depth has only {np.median(counts):.0f} different values per image: was it stored or converted with 8 "
            "bits?"
        )
    elif np.median(clipped) > 0.05:
        far = float(np.median([depth.max() for depth in dense]))
        found.append(f"{np.median(clipped):.0%} of the depth is exactly its largest value, {far:.4g} m: clipped there?")
    return found


def coverage_findings(shares: Sequence[float]) -> list[str]:
    """Shares of the pixels with known depth."""
    if not shares or np.median(shares) >= 0.005:
        return []
    return [
        f"only {np.median(shares):.2%} of the pixels have a known depth: do 0 and other values mean what they should?"
    ]


def order_findings(correlations: Sequence[float]) -> list[str]:
    """Correlations of depth with the row, -0.2 to -0.8 in streets and rooms: what is low in an image is near."""
    if not correlations or np.mean(correlations) < 0.3:
        return []
    return ["depth grows from the top of the images to the bottom: is it disparity, inverse depth or upside down?"]


def shape_findings(image: tuple[int, int], depth: tuple[int, int]) -> list[str]:
    """Sizes (H,W) of an image and its depth that cannot show the same."""
    if is_resized(image, depth):
        return []
    return [
        f"images have {image[1]}x{image[0]} pixels and depth {depth[1]}x{depth[0]}: another shape, so one was cropped"
    ]


def motion_findings(
    frame: int | str, shifts: Sequence[float], matches: Sequence[float], likenesses: Sequence[float]
) -> list[str]:
    """Sources that show the same as their targets, or something else altogether (see `formats.motion`)."""
    unmatched = [match < UNRELATED for match in matches]
    alike = [like >= STILL for like in likenesses]
    still = np.mean([a if u else s < STATIC for s, u, a in zip(shifts, unmatched, alike, strict=True)])
    lost = np.mean([u and not a for u, a in zip(unmatched, alike, strict=True)])
    total = len(shifts)
    if still >= MOST:
        return [
            f"source {frame} shows the same as the image in {still:.0%} of {total} samples: the camera stands still; "
            "take frames further apart (objective.frames=[-5,5]) or omit these"
        ]
    if lost >= MOST:
        return [
            f"source {frame} shows something else than the image in {lost:.0%} of {total} samples: names out of order, "
            "cuts, or too large a step"
        ]
    return []


def direction_findings(frame: int | str, given: Sequence[float], inverted: Sequence[float]) -> list[str]:
    """Errors of a known motion and of its inverse."""
    if not given:
        return []
    better = np.mean([other < BETTER * error for error, other in zip(given, inverted, strict=True)])
    if better < MOST:
        return []
    if frame == STEREO:
        return [
            f"the other camera fits better on the other side in {better:.0%} of the samples: left and right swapped?"
        ]
    return [
        f"the known motion to source {frame} fits better when inverted in {better:.0%} of the samples: are the poses "
        "world to camera (camera to world is needed), or the frames in reverse order?"
    ]


def scale_findings(frame: int | str, curves: Sequence[Mapping[float, float]]) -> list[str]:
    """Errors over factors on the length of a known motion, {1.0: ...} being the length as it is."""
    mean: dict[float, float] = {}
    for factor in curves[0] if curves else ():
        known = [curve[factor] for curve in curves if np.isfinite(curve[factor])]
        if len(known) >= MOST * len(curves):
            mean[factor] = float(np.mean(known))
    best = min(mean, key=mean.__getitem__, default=1.0)
    # As it is, nothing may fall into the other view.
    if 1 / 1.3 < best < 1.3 or mean[best] >= BETTER * mean.get(1.0, math.inf):
        return []
    return [
        f"depth and the known motion to source {frame} fit better when the motion is {best:g} times as long, or depth "
        f"{1 / best:.2g} times: wrong depth_scale, baseline, focal length or unit of the poses"
    ]
