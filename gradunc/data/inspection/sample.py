"""One sample measured: its image, its depth, and its sources."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gradunc.data.inspection import views
from gradunc.data.inspection.gray import unit_range
from gradunc.data.inspection.planes import Votes, plane_votes
from gradunc.data.inspection.source import SourceCheck, check_sources
from gradunc.data.inspection.stored import stored_size
from gradunc.data.recorded.frames import Frame
from gradunc.types import FrameIds, Sample, Size


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
        sources=check_sources(sample, image, frames, points, frame),
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


def _truth(sample: Sample) -> Tensor | None:
    """(1,H,W) [m], NaN where unknown."""
    depth = sample.get("depth")
    if depth is None:
        return None
    return torch.where(sample.get("valid", depth > 0), depth, torch.nan)
