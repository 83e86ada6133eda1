"""The target and its sources, each made of the pixels of the other by the depth that the network predicts for each."""

from typing import NamedTuple

import torch
from torch import Tensor

from gradunc.brief import brief_repr
from gradunc.losses.inputs import VIEWS, LossInputs, Need
from gradunc.ops.geometry import warp
from gradunc.ops.two_views import depth_from, inverse_pose

BOTH: frozenset[Need] = VIEWS | frozenset[Need]({"source_prediction"})
"""The needs of a term that looks at both."""


class Direction(NamedTuple):
    """One view, as the other one explains it; (B,1,H,W) if nothing else is said, depth [m]."""

    view: Tensor
    """(B,3,H,W) the view itself."""
    other: Tensor
    """(B,3,H,W) the other view."""
    warped: Tensor
    """(B,3,H,W) the view, made of the pixels of the other."""
    depth: Tensor
    """Of the view."""
    depth_there: Tensor
    """The view's depth, as the other camera has it."""
    depth_found: Tensor
    """The other's own depth, where the view's pixels lie in it."""
    inside: Tensor
    """Bool: the pixels that lie in front of and inside the other view."""
    baseline: Tensor
    """(B,1,1,1) distance of the cameras [m]."""

    __repr__ = brief_repr


def directions(inputs: LossInputs, scale: int) -> list[Direction]:
    """For each source: the target made of it, and it made of the target; at full resolution, once for all terms.

    Raises:
        InputError: depth of the sources is not predicted.
    """
    if scale not in inputs.directions:
        inputs.directions[scale] = _directions(inputs, scale)
    return inputs.directions[scale]


def _directions(inputs: LossInputs, scale: int) -> list[Direction]:
    image, intrinsics = inputs.sample["image"], inputs.tensor("intrinsics")
    size = (image.shape[-2], image.shape[-1])
    depth = inputs.depth(scale, size)
    found = []
    for position, (source, pose) in enumerate(zip(inputs.sources, inputs.poses.unbind(1), strict=True)):
        source_depth = inputs.source_depth(position, scale, size)
        found.append(_direction((image, depth), (source, source_depth), intrinsics, pose))
        found.append(_direction((source, source_depth), (image, depth), intrinsics, inverse_pose(pose)))
    return found


def _direction(own: tuple[Tensor, Tensor], other: tuple[Tensor, Tensor], intrinsics: Tensor, pose: Tensor) -> Direction:
    """From image and depth of the view and of the other one, and the motion to that."""
    sampled, inside = warp(torch.cat(other, 1), own[1], intrinsics, pose)
    return Direction(
        view=own[0],
        other=other[0],
        warped=sampled[:, :3],
        depth=own[1],
        depth_there=depth_from(own[1], intrinsics, pose),
        depth_found=sampled[:, 3:],
        inside=inside,
        baseline=pose[:, :3, 3].norm(dim=1).view(-1, 1, 1, 1),
    )
