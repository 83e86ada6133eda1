"""Geometry of a view and another one whose depth is known, too."""

import torch
from torch import Tensor

from gradunc.ops.geometry import backproject, transform


def inverse_pose(pose: Tensor) -> Tensor:
    """The motion back: rigid (B,4,4) source <- target -> target <- source.

    >>> pose = torch.eye(4)[None]
    >>> pose[0, 0, 3] = 2.0
    >>> inverse_pose(pose)[0, 0].tolist()
    [1.0, 0.0, 0.0, -2.0]
    """
    rotation = pose[:, :3, :3].transpose(1, 2)
    shift = -rotation @ pose[:, :3, 3:]
    return torch.cat([torch.cat([rotation, shift], 2), pose[:, 3:]], 1)


def depth_from(depth: Tensor, intrinsics: Tensor, pose: Tensor) -> Tensor:
    """How deep the points of a view lie in front of another camera, at the view's own pixels.

    Args:
        depth: (B,1,H,W) of the view [m].
        intrinsics: (B,3,3) [px].
        pose: (B,4,4) the view's camera -> the other one [m].

    Returns:
        (B,1,H,W) [m], below 0 behind it.
    """
    points = transform(pose, backproject(depth, intrinsics))
    return points[:, 2:].unflatten(2, (depth.shape[-2], depth.shape[-1]))
