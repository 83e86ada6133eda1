"""Pinhole geometry: lifting depth to points, rigid motion, projection and view synthesis.

Camera frame: x right, y down, z forward, metres. Pixel centres are integers, the first is 0.
"""

import math

import torch
from torch import Tensor

from gradunc.ops.sampling import sample_image


def pixel_grid(height: int, width: int, *, device: torch.device | None = None) -> Tensor:
    """Homogeneous pixel coordinates, (3, height * width) float32, rows (u, v, 1).

    >>> pixel_grid(1, 2).tolist()
    [[0.0, 1.0], [0.0, 0.0], [1.0, 1.0]]
    """
    v, u = torch.meshgrid(
        torch.arange(height, dtype=torch.float32, device=device),
        torch.arange(width, dtype=torch.float32, device=device),
        indexing="ij",
    )
    return torch.stack([u, v, torch.ones_like(u)]).flatten(1)


def backproject(depth: Tensor, intrinsics: Tensor) -> Tensor:
    """Points in the camera frame: depth (B,1,H,W) [m], intrinsics (B,3,3) [px] -> (B,3,H*W) [m]."""
    height, width = depth.shape[-2:]
    rays = torch.linalg.inv(intrinsics) @ pixel_grid(height, width, device=depth.device)
    return depth.flatten(2) * rays


def project(points: Tensor, intrinsics: Tensor) -> tuple[Tensor, Tensor]:
    """Pixels of points: (B,3,N) [m], (B,3,3) [px] -> pixels (B,2,N), z (B,1,N) [m].

    The 1e-7 keeps a point in the camera plane finite (as published); points behind the camera keep z < 0.
    """
    camera = intrinsics @ points
    z = camera[:, 2:]
    return camera[:, :2] / (z + 1e-7), z


def transform(pose: Tensor, points: Tensor) -> Tensor:
    """Rigid motion of points: pose (B,4,4) source <- target, points (B,3,N) -> (B,3,N)."""
    return pose[:, :3, :3] @ points + pose[:, :3, 3:]


def warp(
    source: Tensor,
    depth: Tensor,
    intrinsics: Tensor,
    pose: Tensor,
    source_intrinsics: Tensor | None = None,
    motion: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """View synthesis: the target view, made of the pixels of a source view (Zhou et al. 2017; docs/methods.md F.3).

    Args:
        source: (B,C,H,W) the other view.
        depth: (B,1,H,W) depth of the TARGET view [m].
        intrinsics: (B,3,3) of the target [px].
        pose: (B,4,4) target camera -> source camera [m].
        source_intrinsics: (B,3,3) of the source; those of the target if omitted.
        motion: (B,3,H,W) how far each point moves by itself from the target's time to the source's, in the target's
            camera frame [m]; nothing moves if omitted.

    Returns:
        The synthesised view (B,C,H,W), sampled bilinearly with the border repeated, and the pixels that lie in
        front of and inside the source view (B,1,H,W) bool.
    """
    height, width = depth.shape[-2:]
    points = backproject(depth, intrinsics)
    points = transform(pose, points if motion is None else points + motion.flatten(2))
    pixels, z = project(points, intrinsics if source_intrinsics is None else source_intrinsics)
    # Pixel 0 is -1 and pixel W-1 is +1, which is what align_corners=True means; published code mixes the two.
    extent = pixels.new_tensor([width - 1, height - 1]).clamp_min(1).view(1, 2, 1)
    grid = (2 * pixels / extent - 1).view(-1, 2, height, width).permute(0, 2, 3, 1)
    view = sample_image(source, grid)
    inside = (grid.abs() <= 1).all(-1).unsqueeze(1) & (z.view(-1, 1, height, width) > 0)
    return view, inside


def rotation_from_axis_angle(axis_angle: Tensor) -> Tensor:
    """Rodrigues' formula: (B,3), direction = axis, length = angle [rad] -> (B,3,3) of the same type.

    R = I + sin(a)/a K + (1 - cos(a))/a^2 K^2, where K is the cross product with the vector of length a. Value and
    gradients are exact at every angle, 0 included: a pose network begins there.

    >>> quarter = rotation_from_axis_angle(torch.tensor([[0.0, 0.0, torch.pi / 2]]))
    >>> (quarter[0] @ torch.tensor([1.0, 0.0, 0.0])).round().abs().tolist()
    [0.0, 1.0, 0.0]
    """
    x, y, z = axis_angle.unbind(-1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).view(-1, 3, 3)
    square = axis_angle.square().sum(-1)
    identity = torch.eye(3, dtype=axis_angle.dtype, device=axis_angle.device)
    # K^2, without a matrix product, which a GPU may round to TF32.
    twice = axis_angle.unsqueeze(-1) * axis_angle.unsqueeze(-2) - square[:, None, None] * identity
    first, second = (factor[:, None, None] for factor in _rodrigues_factors(square))
    return identity + first * cross + second * twice


SERIES_BELOW = 0.25
"""Squared angle [rad^2] below which the factors are power series: the quotients lose digits, and have none at 0."""


def _rodrigues_factors(square: Tensor) -> tuple[Tensor, Tensor]:
    """sin(a)/a and (1 - cos(a))/a^2 of squared angles (B,), each (B,)."""
    small = square < SERIES_BELOW
    # Neither branch sees the other's angles: an infinite derivative times 0 would be NaN.
    near, far = torch.where(small, square, 0.0), torch.where(small, 1.0, square)
    angle = far.sqrt()
    quotients = angle.sin() / angle, 2 * (angle / 2).sin().square() / far
    # The alternating series 1/1! - s/3! + s^2/5! ... and 1/2! - s/4! + s^2/6! ..., exact in float64 below the limit.
    series = (_alternating_series(near, first) for first in (1, 2))
    found = [torch.where(small, one, other) for one, other in zip(series, quotients, strict=True)]
    return found[0], found[1]


def _alternating_series(square: Tensor, first: int) -> Tensor:
    """Sum over k = 0..7 of (-s)^k / (2k + first)!."""
    total = torch.zeros_like(square)
    for k in range(7, -1, -1):
        total = 1 / math.factorial(2 * k + first) - square * total
    return total


def pose_matrix(axis_angle: Tensor, translation: Tensor, *, invert: bool = False) -> Tensor:
    """Pose from a network's six numbers (docs/methods.md F.3): (B,3) [rad], (B,3) [m] -> (B,4,4).

    Forward the matrix is T R (rotate, then translate); `invert` gives the exact inverse, which is what a source
    BEFORE the target needs when the network always sees the two frames in temporal order.
    """
    rotation = rotation_from_axis_angle(axis_angle)
    shift = translation.unsqueeze(-1)
    if invert:
        rotation = rotation.transpose(1, 2)
        shift = -rotation @ shift
    last = rotation.new_tensor([0.0, 0.0, 0.0, 1.0]).expand(rotation.shape[0], 1, 4)
    return torch.cat([torch.cat([rotation, shift], 2), last], 1)
