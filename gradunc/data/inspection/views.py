"""Does a source view, seen through depth and motion, look like the target? Points, not maps: sparse truth counts too.

Every error is the mean of |target - source| over colours and over the points that fall into the source view.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from gradunc.ops.geometry import project, transform, warp
from gradunc.ops.sampling import sample_image

MOST_POINTS = 20_000
"""Points that are enough for an error."""

PLANES = 64
LARGEST_SHIFT = 0.3
"""Planes of a sweep, evenly spaced in 1 / depth up to a shift of this share of the image's width."""


class Points(NamedTuple):
    """Places in the target view."""

    pixels: Tensor
    """(2,N) columns and rows in the image, not whole numbers where the truth is finer."""
    depth: Tensor
    """(N,) [m]."""


class Fit(NamedTuple):
    """How well a warped source explains the target."""

    error: float
    """Mean absolute difference in [0,1]; NaN if no point is in view."""
    seen: float
    """Share of the points that fall into the source view, in front of it."""


def truth_points(depth: Tensor, valid: Tensor, size: tuple[int, int]) -> Points:
    """The known pixels of a true depth (1,H,W) as points of an image (h,w) of the same view; about `MOST_POINTS`."""
    rows, columns = valid[0].nonzero(as_tuple=True)
    step = max(1, len(rows) // MOST_POINTS)
    rows, columns = rows[::step], columns[::step]
    height, width = depth.shape[-2:]
    u = (columns + 0.5) * size[1] / width - 0.5
    v = (rows + 0.5) * size[0] / height - 0.5
    return Points(torch.stack([u, v]), depth[0, rows, columns])


def grid_points(depth: Tensor) -> Points:
    """Every pixel of a dense depth (1,h,w)."""
    return truth_points(depth, torch.ones_like(depth, dtype=torch.bool), (depth.shape[-2], depth.shape[-1]))


def fit(image: Tensor, source: Tensor, points: Points, intrinsics: Tensor, pose: Tensor) -> Fit:
    """Compare the target (3,h,w) with the source (3,h,w) under a motion target -> source (4,4)."""
    pixels, inside = projected(points, intrinsics, pose, (image.shape[-2], image.shape[-1]))
    if not inside.any():
        return Fit(float("nan"), 0.0)
    difference = (values_at(image, points.pixels) - values_at(source, pixels)).abs().mean(0)
    return Fit(float(difference[inside].mean()), float(inside.float().mean()))


def unmoved(image: Tensor, source: Tensor, points: Points, intrinsics: Tensor, pose: Tensor) -> float:
    """Error of the source as it is, at the points that `fit` compares."""
    _, inside = projected(points, intrinsics, pose, (image.shape[-2], image.shape[-1]))
    return float((values_at(image, points.pixels) - values_at(source, points.pixels)).abs().mean(0)[inside].mean())


def scaled(pose: Tensor, factor: float) -> Tensor:
    """The same motion (4,4) over another distance; as if all depths were divided by the factor."""
    result = pose.clone()
    result[:3, 3] *= factor
    return result


def sweep(image: Tensor, source: Tensor, intrinsics: Tensor, pose: Tensor) -> tuple[Tensor, float]:
    """Depth by trying planes (Collins 1996), where motion is known and depth is not.

    Args:
        image: (3,h,w) the target.
        source: (3,h,w).
        intrinsics: (3,3) of both [px].
        pose: (4,4) target -> source, with a translation.

    Returns:
        (1,h,w) depth of the best plane at every pixel [m], and the mean of its error over windows of 7x7.
    """
    width = image.shape[-1]
    nearest = LARGEST_SHIFT * width / (float(intrinsics[0, 0]) * float(pose[:3, 3].norm()))
    best, depth = torch.full_like(image[:1], torch.inf), torch.zeros_like(image[:1])
    for inverse in torch.linspace(nearest / PLANES, nearest, PLANES).tolist():
        plane = torch.full((1, 1, *image.shape[1:]), 1 / inverse)
        view, inside = warp(source[None], plane, intrinsics[None], pose[None])
        difference = (view[0] - image).abs().mean(0, keepdim=True)
        difference = torch.where(inside[0], difference, difference.new_tensor(1.0))
        cost = window_mean(difference, 7)
        better = cost < best
        best = torch.where(better, cost, best)
        depth = torch.where(better, torch.full_like(depth, 1 / inverse), depth)
    return depth, float(best.mean())


def warped(source: Tensor, depth: Tensor, intrinsics: Tensor, pose: Tensor) -> Tensor:
    """The target view made of the source (3,h,w) through a dense depth (1,h,w); NaN where it does not show."""
    view, inside = warp(source[None], depth[None], intrinsics[None], pose[None])
    return torch.where(inside[0], view[0], torch.nan)


def filled(points: Points, size: tuple[int, int]) -> Tensor:
    """A dense depth (1,h,w) of scattered points, for pictures only: means of 1/depth over windows that grow."""
    columns = points.pixels[0].round().long().clamp(0, size[1] - 1)
    rows = points.pixels[1].round().long().clamp(0, size[0] - 1)
    inverse, count = torch.zeros(1, *size), torch.zeros(1, *size)
    inverse.index_put_((torch.zeros_like(rows), rows, columns), 1 / points.depth, accumulate=True)
    count.index_put_((torch.zeros_like(rows), rows, columns), torch.ones_like(points.depth), accumulate=True)
    result = inverse / count.clamp_min(1)
    known, window = count > 0, 3
    while not known.all():
        sums, counts = (window_mean(one, window) for one in (inverse, count))
        reached = counts > 0
        result = torch.where(~known & reached, sums / counts.clamp_min(1e-12), result)
        known = known | reached
        window = 2 * window + 1
    return 1 / result


def projected(points: Points, intrinsics: Tensor, pose: Tensor, size: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Pixels (2,N) in the source view, and which of them lie in it and in front of it (N,)."""
    rays = torch.linalg.inv(intrinsics) @ torch.cat([points.pixels, torch.ones_like(points.pixels[:1])])
    moved = transform(pose[None], (points.depth * rays)[None])
    pixels, z = project(moved, intrinsics[None])
    pixels = pixels[0]
    limit = pixels.new_tensor([size[1] - 1, size[0] - 1])[:, None]
    inside = ((pixels >= 0) & (pixels <= limit)).all(0) & (z[0, 0] > 0)
    return pixels, inside.detach()


def values_at(image: Tensor, pixels: Tensor) -> Tensor:
    """(C,N) values of an image (C,h,w) at places (2,N), bilinear, the border repeated."""
    extent = pixels.new_tensor([image.shape[-1] - 1, image.shape[-2] - 1]).clamp_min(1)[:, None]
    grid = (2 * pixels / extent - 1).T.view(1, 1, -1, 2)
    return sample_image(image[None], grid)[0, :, 0]


def window_mean(image: Tensor, kernel: int) -> Tensor:
    """Mean over square windows, down and then across, which is much the faster for large ones."""
    down = F.avg_pool2d(image, (kernel, 1), stride=1, padding=(kernel // 2, 0), count_include_pad=False)
    return F.avg_pool2d(down, (1, kernel), stride=1, padding=(0, kernel // 2), count_include_pad=False)
