"""The sources of one sample measured, with and without motion."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from gradunc.data.formats.motion import Motion, likeness, motion
from gradunc.data.inspection import views
from gradunc.data.inspection.gray import gray, unit_range
from gradunc.data.inspection.pairs import PairShifts
from gradunc.data.inspection.stored import stereo_shifts
from gradunc.data.recorded.frames import Frame
from gradunc.types import STEREO, FrameIds, Sample

SCALES = (0.001, 0.01, 0.1, 0.25, 0.4, 0.6, 0.8, 1.0, 1.25, 1.6, 2.5, 4.0, 10.0, 100.0, 1000.0)
"""Factors on the length of a known motion that are tried."""


@dataclass
class SourceCheck:
    """A source beside its target."""

    frame: int | str
    source: Tensor
    """(3,h,w) in [0,1]."""
    moved: Motion
    like: float
    copied: bool
    """It is the target, pixel by pixel."""
    pose: Tensor | None
    """(4,4) target -> source [m], if it is known."""
    before: float = float("nan")
    """Error of the source as it is, at the points that are in view."""
    after: float = float("nan")
    """Error of the warped source."""
    inverted: float = float("nan")
    """The same under the inverse of a known motion."""
    scales: dict[float, float] = field(default_factory=dict)
    """Factor on the length of a known motion -> error."""
    pair: PairShifts | None = None
    """Where the places of the image lie in the other camera's, in pixels of the stored images."""


def scale_curve(
    image: Tensor, source: Tensor, points: views.Points, intrinsics: Tensor, pose: Tensor
) -> dict[float, float]:
    """Factor on the motion's length -> error; NaN where too little is left in view to compare."""
    fits = {factor: views.fit(image, source, points, intrinsics, views.scaled(pose, factor)) for factor in SCALES}
    least = 0.5 * fits[1.0].seen
    return {factor: one.error if one.seen >= least else float("nan") for factor, one in fits.items()}


def check_sources(
    sample: Sample, image: Tensor, frames: FrameIds, points: views.Points | None, files: Frame | None
) -> list[SourceCheck]:
    """Measure the sources of a sample.

    Args:
        sample: without batch axis.
        image: (3,h,w) its target in [0,1].
        frames: ids of its sources.
        points: its known depth, without which known motion is not judged.
        files: of recorded data, what it was read from.
    """
    found, one = [], gray(image)
    poses, intrinsics = sample.get("source_pose"), sample.get("intrinsics")
    for position, frame in enumerate(frames):
        source = unit_range(sample["sources"][position])  # pyright: ignore[reportTypedDictNotRequiredAccess]
        other = gray(source)
        pose = None if poses is None or bool(poses[position].isnan().any()) else poses[position]
        check = SourceCheck(
            frame, source, motion(one, other), likeness(one, other), bool(torch.equal(image, source)), pose
        )
        if intrinsics is not None and pose is not None and points is not None:
            check.after = views.fit(image, source, points, intrinsics, pose).error
            check.before = views.unmoved(image, source, points, intrinsics, pose)
            check.inverted = views.fit(image, source, points, intrinsics, torch.linalg.inv(pose)).error
            check.scales = scale_curve(image, source, points, intrinsics, pose)
        if frame == STEREO:
            check.pair = stereo_shifts(files, position, image, source)
        found.append(check)
    return found
