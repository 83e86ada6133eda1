"""One sample measured: its image, its depth, and its sources with and without motion."""

import math
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gradunc.data.formats.motion import Motion, likeness, motion
from gradunc.data.inspection import views
from gradunc.data.inspection.gray import gray, unit_range
from gradunc.data.inspection.pairs import PairShifts
from gradunc.data.inspection.planes import Votes, plane_votes
from gradunc.data.inspection.stored import stereo_shifts, stored_size
from gradunc.data.recorded.frames import Frame
from gradunc.types import STEREO, FrameIds, Sample, Size

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


@dataclass
class SampleCheck:
    """What one sample shows."""

    name: str
    image: Tensor
    """(3,h,w) in [0,1]."""
    contrast: float
    """Standard deviation of the image, mean over the colours."""
    intrinsics: Tensor | None
    """(3,3) in pixels of `image`."""
    frame: Frame | None
    """The files it was read from, of recorded data."""
    stored: Size | None
    """(H,W) of the stored image, where it is a file of its own."""
    truth: Tensor | None
    """(1,H,W) [m], NaN where unknown."""
    points: views.Points | None
    """The known depth as points of the image; None without any."""
    known: NDArray[np.float32]
    """(N,) known depths [m]."""
    covered: float
    """Share of the pixels with known depth."""
    row_order: float
    """Correlation of log depth and row; NaN without depth."""
    planes: Votes
    """Patches of the true depth that speak for depth, and for inverse depth."""
    sources: list[SourceCheck]


def check_sample(sample: Sample, frames: FrameIds, frame: Frame | None = None) -> SampleCheck:
    """Measure one sample without batch axis.

    Args:
        sample: what the data set delivers.
        frames: ids of its sources.
        frame: of recorded data, the files it was read from.
    """
    image = unit_range(sample["image"])
    truth = _truth(sample)
    known = torch.zeros(0) if truth is None else truth[truth.isfinite()]
    intrinsics = sample.get("intrinsics")
    points = None
    if truth is not None and len(known):
        points = views.truth_points(truth, truth.isfinite(), (image.shape[-2], image.shape[-1]))
    return SampleCheck(
        name=str(sample.get("path", "")),
        image=image,
        contrast=float(image.std((1, 2)).mean()),
        intrinsics=intrinsics,
        frame=frame,
        stored=None if frame is None else stored_size(frame),
        truth=truth,
        points=points,
        known=known.numpy(),
        covered=0.0 if truth is None else float(truth.isfinite().float().mean()),
        row_order=math.nan if points is None else row_order(points),
        planes=Votes(0, 0) if truth is None or points is None else plane_votes(truth[0].numpy()),
        sources=_sources(sample, image, frames, points, frame),
    )


def row_order(points: views.Points) -> float:
    """Correlation of log depth and row; NaN for too few points or rows.

    >>> row_order(views.Points(torch.tensor([[0.0] * 200, [0.0, 1] * 100]), torch.tensor([8.0, 2] * 100)))
    -1.0
    """
    values = torch.stack([points.depth.log(), points.pixels[1]])
    values = values - values.mean(1, keepdim=True)
    norm = float(values.norm(dim=1).prod())
    return round(float((values[0] * values[1]).sum()) / norm, 6) if norm > 0 and len(points.depth) >= 100 else math.nan


def scale_curve(
    image: Tensor, source: Tensor, points: views.Points, intrinsics: Tensor, pose: Tensor
) -> dict[float, float]:
    """Factor on the motion's length -> error; NaN where too little is left in view to compare."""
    fits = {factor: views.fit(image, source, points, intrinsics, views.scaled(pose, factor)) for factor in SCALES}
    least = 0.5 * fits[1.0].seen
    return {factor: one.error if one.seen >= least else float("nan") for factor, one in fits.items()}


def _sources(
    sample: Sample, image: Tensor, frames: FrameIds, points: views.Points | None, files: Frame | None
) -> list[SourceCheck]:
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


def _truth(sample: Sample) -> Tensor | None:
    """(1,H,W) [m], NaN where unknown."""
    depth = sample.get("depth")
    if depth is None:
        return None
    return torch.where(sample.get("valid", depth > 0), depth, torch.nan)
