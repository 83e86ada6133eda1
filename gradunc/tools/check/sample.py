"""One sample looked at: its depth, its camera, and its sources with and without motion."""

import math
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

from gradunc.data.formats.motion import LONGEST, Motion, likeness, motion
from gradunc.data.formats.video import shrunk
from gradunc.tools.check import views
from gradunc.tools.check.motion import find_motion
from gradunc.types import STEREO, FrameIds, Sample

SCALES = (0.001, 0.01, 0.1, 0.25, 0.4, 0.6, 0.8, 1.0, 1.25, 1.6, 2.5, 4.0, 10.0, 100.0, 1000.0)
"""Factors on the length of a known motion that are tried."""

LUMA = (0.299, 0.587, 0.114)


@dataclass
class SourceCheck:
    """A source beside its target."""

    frame: int | str
    source: Tensor
    """(3,h,w) in [0,1]."""
    moved: Motion
    like: float
    how: str = ""
    """Where the motion comes from; "" if none was looked for."""
    before: float = float("nan")
    """Error of the source as it is, at the points that are in view."""
    after: float = float("nan")
    """Error of the warped source."""
    inverted: float = float("nan")
    """The same under the inverse of a known motion."""
    scales: dict[float, float] = field(default_factory=dict)
    """Factor on the length of a known motion -> error."""
    depth: Tensor | None = None
    """(1,h,w) that the warped view was made with."""
    view: Tensor | None = None
    """(3,h,w) the warped source, NaN where it shows nothing."""


@dataclass
class SampleCheck:
    """What one sample shows."""

    name: str
    image: Tensor
    """(3,h,w) in [0,1]."""
    intrinsics: NDArray[np.float64] | None
    truth: Tensor | None
    """(1,H,W) [m], NaN where unknown."""
    known: NDArray[np.float32]
    """(N,) known depths [m]."""
    covered: float
    """Share of the pixels with known depth."""
    row_order: float
    """Correlation of log depth and row; NaN without depth."""
    sources: list[SourceCheck]


def check_sample(sample: Sample, frames: FrameIds, *, search: bool) -> SampleCheck:
    """Look at one sample without batch axis; `search` for unknown motion, too, and make the warped views."""
    image = _unit(sample["image"])
    truth = _truth(sample)
    known = torch.zeros(0) if truth is None else truth[truth.isfinite()]
    intrinsics = sample.get("intrinsics")
    points = None
    if truth is not None and len(known):
        points = views.truth_points(truth, truth.isfinite(), (image.shape[-2], image.shape[-1]))
    sources = []
    poses = sample.get("source_pose")
    for position, frame in enumerate(frames):
        source = _unit(sample["sources"][position])  # pyright: ignore[reportTypedDictNotRequiredAccess]
        one, other = gray(image), gray(source)
        check = SourceCheck(frame, source, motion(one, other), likeness(one, other))
        pose = None if poses is None or bool(poses[position].isnan().any()) else poses[position]
        if intrinsics is not None:
            _warp(check, image, source, intrinsics, pose, points, search=search)
        sources.append(check)
    return SampleCheck(
        str(sample.get("path", "")),
        image,
        None if intrinsics is None else intrinsics.double().numpy(),
        truth,
        known.numpy(),
        0.0 if truth is None else float(truth.isfinite().float().mean()),
        float("nan") if points is None else row_order(points),
        sources,
    )


def gray(image: Tensor) -> NDArray[np.float32]:
    """(h,w) in 0..255 of an image (3,H,W) in [0,1], as small as motion is measured on."""
    luma = (image * image.new_tensor(LUMA)[:, None, None]).sum(0)[None, None]
    size = shrunk((image.shape[-2], image.shape[-1]), LONGEST)
    return (interpolate(luma, size, mode="area")[0, 0] * 255).numpy()


def row_order(points: views.Points) -> float:
    """Correlation of log depth and row; NaN for too few points or rows.

    >>> row_order(views.Points(torch.tensor([[0.0] * 200, [0.0, 1] * 100]), torch.tensor([8.0, 2] * 100)))
    -1.0
    """
    values = torch.stack([points.depth.log(), points.pixels[1]])
    values = values - values.mean(1, keepdim=True)
    norm = float(values.norm(dim=1).prod())
    return round(float((values[0] * values[1]).sum()) / norm, 6) if norm > 0 and len(points.depth) >= 100 else math.nan


def _warp(
    check: SourceCheck,
    image: Tensor,
    source: Tensor,
    intrinsics: Tensor,
    pose: Tensor | None,
    points: views.Points | None,
    *,
    search: bool,
) -> None:
    """Fill in the errors of a source, and with `search` the view."""
    if pose is not None and points is not None:
        check.how = "known motion, true depth"
        check.inverted = views.fit(image, source, points, intrinsics, torch.linalg.inv(pose)).error
        check.scales = scale_curve(image, source, points, intrinsics, pose)
    elif pose is not None and check.frame == STEREO:
        check.how = "known motion, best plane at every pixel"
        check.depth, _ = views.sweep(image, source, intrinsics, pose)
        points = views.grid_points(check.depth)
        reverse = torch.linalg.inv(pose)
        other, _ = views.sweep(image, source, intrinsics, reverse)
        check.inverted = views.fit(image, source, views.grid_points(other), intrinsics, reverse).error
    elif search and pose is None and check.frame != STEREO:
        check.how = "motion estimated, true depth" if points is not None else "motion estimated, scene as one plane"
        pose, check.depth = find_motion(image, source, intrinsics, points)
        points = points if points is not None else views.grid_points(check.depth)  # pyright: ignore[reportArgumentType]
    if pose is None or points is None:
        return
    check.after = views.fit(image, source, points, intrinsics, pose).error
    check.before = views.unmoved(image, source, points, intrinsics, pose)
    if search:
        if check.depth is None:
            check.depth = views.filled(points, (image.shape[-2], image.shape[-1]))
        check.view = views.warped(source, check.depth, intrinsics, pose)


def scale_curve(
    image: Tensor, source: Tensor, points: views.Points, intrinsics: Tensor, pose: Tensor
) -> dict[float, float]:
    """Factor on the motion's length -> error; NaN where too little is left in view to compare."""
    fits = {factor: views.fit(image, source, points, intrinsics, views.scaled(pose, factor)) for factor in SCALES}
    least = 0.5 * fits[1.0].seen
    return {factor: one.error if one.seen >= least else float("nan") for factor, one in fits.items()}


def _truth(sample: Sample) -> Tensor | None:
    """(1,H,W) [m], NaN where unknown."""
    depth = sample.get("depth")
    if depth is None:
        return None
    return torch.where(sample.get("valid", depth > 0), depth, torch.nan)


def _unit(image: Tensor) -> Tensor:
    return image.float() / 255 if image.dtype == torch.uint8 else image
