"""Rotated and cropped training batches: images, truth, cameras and motions that stay one possible scene."""

from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from gradunc.types import Sample, Size

TRUTH = ("depth", "valid", "disparity", "disparity_valid")


def rotate(batch: Sample, angles: Tensor) -> Sample:
    """A new batch whose cameras have turned around their optical axes.

    Depth along the axis and the intrinsics stay exactly what they were, also with unequal focal lengths and a principal
    point beside the middle: pixels move by K R K^-1. Without intrinsics the image turns around its middle. Images are
    sampled bilinearly with the border repeated, truth and regions take the nearest pixel, and what comes from outside
    is unknown. A motion T becomes R T R^-1.

    Args:
        batch: collated, with images of (h,w); truth of any size.
        angles: (B,) [rad], by which the image turns clockwise.
    """
    result = cast(Sample, dict(batch))
    result.pop("truth_size", None)
    image = batch["image"]
    turn = _turns(angles.to(image))
    there = _normalised_affine(batch, turn, (image.shape[-2], image.shape[-1]))
    result["image"] = _sampled(image, there, "bilinear")
    if "sources" in batch:
        views = batch["sources"].flatten(1, 2)
        result["sources"] = _sampled(views, there, "bilinear").view_as(batch["sources"])
    for key in TRUTH:
        if key in batch:
            result[key] = _nearest(cast(dict[str, Tensor], batch)[key], there)
    if "regions" in batch:
        result["regions"] = {name: _nearest(mask, there) for name, mask in batch["regions"].items()}
    if "ordinal" in batch:
        camera = _camera(batch, turn)
        around = camera @ turn @ torch.linalg.inv(camera)
        result["ordinal"] = _moved(batch["ordinal"], around[:, :2], (image.shape[-2], image.shape[-1]))
    if "source_pose" in batch:
        result["source_pose"] = _turned_pose(batch["source_pose"], turn)
    return result


def crop(batch: Sample, size: Size, places: Tensor) -> Sample:
    """A new batch of windows at full resolution: focal lengths stay, the principal point moves with the window.

    Truth of another resolution is cut at its nearest pixel, one away at most.

    Args:
        batch: collated, with images of (h,w).
        size: of the windows, at most (h,w) [px].
        places: (B,2) in [0,1): where between the first and the last possible row and column a window begins.
    """
    result = cast(Sample, dict(batch))
    result.pop("truth_size", None)
    h, w = batch["image"].shape[-2:]
    free = torch.tensor([h - size[0] + 1, w - size[1] + 1])
    first = [(int(row), int(column)) for row, column in (places.double() * free).long().tolist()]

    def cut(maps: Tensor) -> Tensor:
        y, x = maps.shape[-2] / h, maps.shape[-1] / w
        height, width = round(size[0] * y), round(size[1] * x)
        tops = [min(round(row * y), maps.shape[-2] - height) for row, _ in first]
        lefts = [min(round(column * x), maps.shape[-1] - width) for _, column in first]
        windows = zip(maps, tops, lefts, strict=True)
        return torch.stack([one[..., top : top + height, left : left + width] for one, top, left in windows])

    known = cast(dict[str, Any], batch)
    changed: dict[str, Any] = {key: cut(known[key]) for key in ("image", "sources", *TRUTH) if key in known}
    if "regions" in batch:
        changed["regions"] = {name: cut(mask) for name, mask in batch["regions"].items()}
    if "ordinal" in batch:
        offset = torch.tensor([[-column, -row] for row, column in first]).to(batch["ordinal"])
        shift = torch.cat([torch.eye(2).to(offset).expand(len(offset), 2, 2), offset[:, :, None]], 2)
        changed["ordinal"] = _moved(batch["ordinal"], shift, size)
    if "intrinsics" in batch:
        moved = batch["intrinsics"].clone()
        moved[:, :2, 2] -= torch.tensor(first).flip(1).to(moved)
        changed["intrinsics"] = moved
    return cast(Sample, {**result, **changed})


def _turns(angles: Tensor) -> Tensor:
    """(B,) -> rotations around z, (B,3,3)."""
    turn = torch.eye(3).to(angles).repeat(len(angles), 1, 1)
    turn[:, 0, 0] = turn[:, 1, 1] = angles.cos()
    turn[:, 1, 0], turn[:, 0, 1] = angles.sin(), -angles.sin()
    return turn


def _normalised_affine(batch: Sample, turn: Tensor, size: Size) -> Tensor:
    """Where each pixel of the turned image was before, (B,2,3): in shares from -1 to 1 of any resolution's edges."""
    h, w = size
    camera = _camera(batch, turn)
    edges = turn.new_tensor([[2 / w, 0, 1 / w - 1], [0, 2 / h, 1 / h - 1], [0, 0, 1]])
    before = edges @ camera @ turn.transpose(1, 2) @ torch.linalg.inv(camera) @ torch.linalg.inv(edges)
    return before[:, :2]


def _camera(batch: Sample, turn: Tensor) -> Tensor:
    """Intrinsics (B,3,3), or a camera whose axis is in the middle of the image."""
    if "intrinsics" in batch:
        return batch["intrinsics"].to(turn)
    h, w = batch["image"].shape[-2:]
    return turn.new_tensor([[1, 0, (w - 1) / 2], [0, 1, (h - 1) / 2], [0, 0, 1]]).expand_as(turn)


def _moved(pairs: Tensor, affine: Tensor, size: Size) -> Tensor:
    """Pairs (B,P,5) whose points go through (B,2,3) into an image of (h,w); NaN where one of them leaves it."""
    points = pairs[..., :4].unflatten(-1, (2, 2))
    moved = points @ affine[:, None, :, :2].transpose(-1, -2) + affine[:, None, None, :, 2]
    last = moved.new_tensor([size[1], size[0]]) - 0.5
    inside = ((moved >= -0.5) & (moved <= last)).flatten(-2).all(-1)
    return torch.where(inside[..., None], torch.cat([moved.flatten(-2), pairs[..., 4:]], -1), torch.nan)


def _sampled(maps: Tensor, there: Tensor, mode: str) -> Tensor:
    grid = F.affine_grid(there, list(maps.shape), align_corners=False)
    border = "border" if mode == "bilinear" else "zeros"
    return F.grid_sample(maps, grid, mode=mode, padding_mode=border, align_corners=False)


def _nearest(maps: Tensor, there: Tensor) -> Tensor:
    """Nearest pixels, 0 or False from outside."""
    return _sampled(maps.float(), there, "nearest").to(maps.dtype)


def _turned_pose(pose: Tensor, turn: Tensor) -> Tensor:
    """R T R^-1 of (B,N,4,4); a motion of which anything is unknown is unknown."""
    whole = torch.eye(4).to(turn).repeat(len(turn), 1, 1)
    whole[:, :3, :3] = turn
    return whole[:, None] @ pose @ whole.transpose(1, 2)[:, None]
