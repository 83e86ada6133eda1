"""Source views that do not belong to their images, or whose known motion does not fit. Stereo: `stereo.py`."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gradunc.data.formats.motion import STILL, UNRELATED
from gradunc.data.inspection.finding import MOST, Finding
from gradunc.types import STEREO

BETTER = 0.9
"""A fit is better than another when its error is below this share of it."""

STATIC = 0.001
"""Median shift below which a camera stands still, as share of the longer side: 0.6 pixels of 640."""

LONGEST_STEP = 100.0
"""Way from a frame to its neighbour that no vehicle goes [m]."""


def copy_findings(frame: int | str, copies: Sequence[bool]) -> list[Finding]:
    """Whether sources are exact copies of their targets, pixel by pixel: a finding if all are."""
    if not copies or not all(copies):
        return []
    if frame == STEREO:
        text = "left and right are the same image; give the right views of the cameras"
    else:
        text = (
            f"source {frame} is an exact copy of the image, from which no depth can be learned; remove repeated frames"
        )
    return [Finding(f"{text} (in each of {len(copies)} samples)", impossible=True)]


def motion_findings(
    frame: int | str, shifts: Sequence[float], matches: Sequence[float], likenesses: Sequence[float]
) -> list[Finding]:
    """Sources that show the same as their targets, or something else altogether (see `formats.motion`)."""
    unmatched = [match < UNRELATED for match in matches]
    alike = [like >= STILL for like in likenesses]
    still = np.mean([a if u else s < STATIC for s, u, a in zip(shifts, unmatched, alike, strict=True)])
    lost = np.mean([u and not a for u, a in zip(unmatched, alike, strict=True)])
    total = len(shifts)
    if still >= MOST:
        return [
            Finding(
                f"source {frame} shows the same as the image in {still:.0%} of {total} samples: the camera stands "
                "still; take frames further apart (objective.frames=[-5,5]) or omit these"
            )
        ]
    if lost >= MOST:
        return [
            Finding(
                f"source {frame} shows something else than the image in {lost:.0%} of {total} samples: names out of "
                "order, cuts, or too large a step"
            )
        ]
    return []


def step_findings(frame: int | str, steps: Sequence[NDArray[np.float64]]) -> list[Finding]:
    """Known motions (4,4) to a neighbour in time that no vehicle makes, or that are none."""
    if not steps:
        return []
    length = float(np.median([np.linalg.norm(step[:3, 3]) for step in steps]))
    if length > LONGEST_STEP:
        return [Finding(f"the known motion to source {frame} is {length:.4g} m long; poses need metres")]
    if all(np.allclose(step, np.eye(4), atol=1e-9) for step in steps):
        return [Finding(f"the known motion to source {frame} is zero in all samples: are all poses the same?")]
    return []


def direction_findings(frame: int | str, given: Sequence[float], inverted: Sequence[float]) -> list[Finding]:
    """Errors of a known motion and of its inverse."""
    if not given:
        return []
    better = np.mean([other < BETTER * error for error, other in zip(given, inverted, strict=True)])
    if better < MOST:
        return []
    if frame == STEREO:
        return [
            Finding(
                f"the other camera fits better on the other side in {better:.0%} of the samples: left and right "
                "swapped?"
            )
        ]
    return [
        Finding(
            f"the known motion to source {frame} fits better when inverted in {better:.0%} of the samples: are the "
            "poses world to camera (camera to world is needed), or the frames in reverse order?"
        )
    ]


def scale_findings(frame: int | str, curves: Sequence[Mapping[float, float]]) -> list[Finding]:
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
        Finding(
            f"depth and the known motion to source {frame} fit better when the motion is {best:g} times as long, or "
            f"depth {1 / best:.2g} times: wrong depth_scale, baseline, focal length or unit of the poses"
        )
    ]
