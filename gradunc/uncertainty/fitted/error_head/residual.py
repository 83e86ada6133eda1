"""How badly the other camera's image, warped by the predicted depth, matches: an error that needs no true depth."""

from typing import Any

import torch
from torch import Tensor

from gradunc.errors import InputError
from gradunc.ops.geometry import warp
from gradunc.ops.similarity import photometric_error
from gradunc.types import Sample

NEEDED = ("sources", "source_pose", "intrinsics")


def photometric_residual(sample: Sample, depth: Tensor) -> tuple[Tensor, Tensor]:
    """The least reprojection error over the source views (Godard et al. 2019; docs/methods.md F.3).

    Args:
        sample: a batch with source views of known pose.
        depth: (B,1,h,w) predicted [m].

    Returns:
        (B,1,h,w) between 0 and 1, and (B,1,h,w) bool, True = a view sees the pixel.

    Raises:
        InputError: a batch without source views, their pose or a camera.
    """
    missing = [name for name in NEEDED if name not in sample]
    if missing:
        raise InputError(
            f"target=photometric needs the other camera, but the data have no {missing[0]}; give stereo data, or "
            "target=truth"
        )
    known: dict[str, Any] = dict(sample)
    sources, poses, intrinsics = (known[name] for name in NEEDED)
    image, errors, seen = sample["image"], list[Tensor](), list[Tensor]()
    for source, pose in zip(sources.unbind(1), poses.unbind(1), strict=True):
        view, inside = warp(source, torch.where(depth > 0, depth, torch.nan), intrinsics, pose)
        errors.append(photometric_error(view, image))
        seen.append(inside & errors[-1].isfinite())
    every, sees = torch.cat(errors, 1), torch.cat(seen, 1)
    least = torch.where(sees, every, torch.inf).amin(1, keepdim=True)
    keep = sees.any(1, keepdim=True)
    return torch.where(keep, least, 0.0), keep
