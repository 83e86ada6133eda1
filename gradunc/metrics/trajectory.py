"""Errors of a camera's path: absolute (ATE) and relative (RPE), as pure functions in float64.

A motion is (4,4), camera k -> camera k+1 [m], which is what a pose network predicts for a source one frame later. A
path is (n,4,4), camera k -> first camera, so that its first pose is the identity and its last column the positions.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from gradunc.brief import brief_repr
from gradunc.errors import InputError, unknown
from gradunc.metrics.choices import PATH_ALIGNMENTS, PathAlignment

SEGMENTS = (100.0, 200.0, 300.0, 400.0, 500.0, 600.0, 700.0, 800.0)
"""Lengths of the segments of KITTI odometry [m]."""


class SegmentErrors(NamedTuple):
    """Relative errors of KITTI odometry; NaN for a path shorter than the shortest segment."""

    translation: Tensor
    """() mean drift of the position [% of the way]."""
    rotation: Tensor
    """() mean drift of the direction [degrees per 100 m]."""
    segments: int
    """How many were measured."""

    __repr__ = brief_repr


def path_of(motions: Tensor) -> Tensor:
    """(n+1,4,4) the path of n motions (n,4,4), beginning with the identity.

    >>> ahead = torch.eye(4).repeat(2, 1, 1)
    >>> ahead[:, 2, 3] = -1.0  # what the camera sees comes 1 m nearer at each step
    >>> path_of(ahead)[:, 2, 3].tolist()
    [0.0, 1.0, 2.0]
    """
    path = [torch.eye(4, dtype=torch.float64)]
    for back in torch.linalg.inv(_motions(motions)):
        path.append(path[-1] @ back)
    return torch.stack(path)


def align(truth: Tensor, predicted: Tensor, alignment: PathAlignment) -> Tensor:
    """(n,4,4) the predicted path, fitted to the true one by least squares over the positions.

    "scale" multiplies the positions by sum(p q) / sum(p^2); "6dof" and "7dof" are the closed solutions, without and
    with scale, of Umeyama, "Least-squares estimation of transformation parameters between two point patterns", 1991.

    Raises:
        InputError: an unknown alignment, or paths of different lengths.
    """
    truth, predicted = _paths(truth, predicted)
    if alignment not in PATH_ALIGNMENTS:
        raise unknown("alignment of a path", alignment, PATH_ALIGNMENTS)
    aligned = predicted.clone()
    if alignment == "scale":
        aligned[:, :3, 3] *= _scale(truth[:, :3, 3], predicted[:, :3, 3])
    elif alignment != "none":
        scale, rotation, shift = umeyama(predicted[:, :3, 3], truth[:, :3, 3], with_scale=alignment == "7dof")
        aligned[:, :3, :3] = rotation @ predicted[:, :3, :3]
        aligned[:, :3, 3] = scale * predicted[:, :3, 3] @ rotation.T + shift
    return aligned


def umeyama(points: Tensor, targets: Tensor, *, with_scale: bool) -> tuple[Tensor, Tensor, Tensor]:
    """The similarity that brings points nearest to targets: scale (), rotation (3,3) and shift (3,).

    Args:
        points: (n,3).
        targets: (n,3).
        with_scale: False keeps the scale at 1.
    """
    centre, goal = points.mean(0), targets.mean(0)
    spread = (targets - goal).T @ (points - centre) / len(points)
    left, stretch, right = torch.linalg.svd(spread)
    signs = torch.ones_like(stretch)
    signs[-1] = torch.linalg.det(left) * torch.linalg.det(right)  # a rotation, never a reflection
    rotation = left @ torch.diag(signs) @ right
    variance = (points - centre).square().sum() / len(points)
    scale = (stretch * signs).sum() / variance if with_scale and variance > 0 else torch.ones_like(variance)
    return scale, rotation, goal - scale * rotation @ centre


def absolute_error(truth: Tensor, predicted: Tensor) -> Tensor:
    """() ATE: root of the mean squared distance of the positions [m], over a path that is aligned already."""
    truth, predicted = _paths(truth, predicted)
    return (truth - predicted)[:, :3, 3].square().sum(1).mean().sqrt()


def snippet_errors(truth: Tensor, predicted: Tensor, length: int = 5) -> Tensor:
    """(n,) ATE of every snippet of `length` frames [m], exactly as the published tables of odom 09 and 10 have it.

    Zhou et al., CVPR 2017, and Monodepth2. Three habits belong to the figures: motions are chained without being
    inverted; the error is sqrt(sum of squares) / frames, smaller than an RMSE by the root of the frames; a snippet
    begins at every frame but the last, so that those at the end are shorter. Each has a scale of its own.

    Args:
        truth: (n,4,4) true motions.
        predicted: (n,4,4) the same.
        length: frames of a snippet, at least 2.
    """
    truth, predicted = _motions(truth), _motions(predicted)
    errors = []
    for start in range(len(truth)):
        positions = [_chained(motions[start : start + length - 1]) for motions in (truth, predicted)]
        difference = positions[0] - positions[1] * _scale(*positions)
        errors.append(difference.square().sum().sqrt() / len(difference))
    return torch.stack(errors)


def step_errors(truth: Tensor, predicted: Tensor, step: int = 1) -> tuple[Tensor, Tensor]:
    """RPE over `step` frames: (n-step,) error of the translation [m] and of the rotation [degrees].

    Args:
        truth: (n,4,4) true path.
        predicted: (n,4,4) predicted path, with the right scale.
        step: frames between the two poses.
    """
    truth, predicted = _paths(truth, predicted)
    starts = torch.arange(len(truth) - step)
    return _relative_errors(truth, predicted, starts, starts + step)


def segment_errors(
    truth: Tensor, predicted: Tensor, lengths: Sequence[float] = SEGMENTS, every: int = 10
) -> SegmentErrors:
    """RPE of KITTI odometry: mean over all segments of 100 to 800 m that begin at every tenth frame.

    Geiger et al., "Are we ready for Autonomous Driving?", CVPR 2012. A segment ends at the first frame whose distance
    along the true path exceeds its length.

    Args:
        truth: (n,4,4) true path.
        predicted: (n,4,4) predicted path, with the right scale.
        lengths: of the segments [m].
        every: frames between two beginnings.
    """
    truth, predicted = _paths(truth, predicted)
    distance = torch.zeros(len(truth), dtype=torch.float64)
    distance[1:] = truth[:, :3, 3].diff(dim=0).norm(dim=1).cumsum(0)
    drifts, turns = [], []
    for length in lengths:
        starts = torch.arange(0, len(truth), every)
        ends = torch.searchsorted(distance, distance[starts] + length, right=True)
        starts, ends = starts[ends < len(truth)], ends[ends < len(truth)]
        translation, rotation = _relative_errors(truth, predicted, starts, ends)
        drifts.append(100 * translation / length)
        turns.append(100 * rotation / length)
    drift, turn = torch.cat(drifts), torch.cat(turns)
    return SegmentErrors(drift.mean(), turn.mean(), len(drift))


def _relative_errors(truth: Tensor, predicted: Tensor, starts: Tensor, ends: Tensor) -> tuple[Tensor, Tensor]:
    """(k,) [m] and (k,) [degrees]: what the predicted motion from start to end lacks of the true one."""
    moved, wanted = (torch.linalg.inv(path[starts]) @ path[ends] for path in (predicted, truth))
    lacking = torch.linalg.inv(moved) @ wanted
    rotation = lacking[:, :3, :3]
    # By both sine and cosine: the arc cosine alone is blind to small angles.
    skew = rotation - rotation.transpose(1, 2)
    sine = torch.stack([skew[:, 2, 1], skew[:, 0, 2], skew[:, 1, 0]], 1).norm(dim=1) / 2
    cosine = (rotation.diagonal(dim1=1, dim2=2).sum(1) - 1) / 2
    return lacking[:, :3, 3].norm(dim=1), torch.atan2(sine, cosine).rad2deg()


def _chained(motions: Tensor) -> Tensor:
    """(k+1,3) the last columns of the products of the first 0, 1, ..., k motions."""
    pose = torch.eye(4, dtype=torch.float64)
    positions = [pose[:3, 3]]
    for motion in motions:
        pose = pose @ motion
        positions.append(pose[:3, 3])
    return torch.stack(positions)


def _scale(truth: Tensor, predicted: Tensor) -> Tensor:
    """() the factor of least squares between positions (n,3); 0 for a prediction that does not move."""
    return (truth * predicted).sum() / predicted.square().sum().clamp_min(1e-300)


def _motions(motions: Tensor) -> Tensor:
    if motions.ndim != 3 or motions.shape[1:] != (4, 4) or not len(motions):
        raise InputError(f"motions must be (n,4,4) with n > 0, got {tuple(motions.shape)}")
    return motions.double()


def _paths(truth: Tensor, predicted: Tensor) -> tuple[Tensor, Tensor]:
    if truth.shape != predicted.shape:
        raise InputError(f"two paths must have one length, got {tuple(truth.shape)} and {tuple(predicted.shape)}")
    return _motions(truth), _motions(predicted)
