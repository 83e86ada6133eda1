"""CutMix of images whose truth a teacher has said (Yun et al., ICCV 2019; Depth Anything, CVPR 2024)."""

from typing import Any, cast

import torch
from torch import Tensor

from gradunc.types import Sample, Size


def paste(batch: Sample, chosen: Tensor, draws: Tensor) -> Sample:
    """Paste a region of the next image of `pseudo` truth of the batch into the chosen ones of such truth.

    A rectangle of the shape of the image, of an area that is uniform before the border cuts it, around a uniform point.
    `disparity` counts outside of it, `pasted` inside: a loss aligns both by themselves.

    Args:
        batch: augmented; not changed. Without such an image, or with one alone, it is returned as it is.
        chosen: (B,) bool, on the CPU.
        draws: (B,3) uniform in [0,1), of area, row and column, on the CPU.
    """
    pseudo = batch.get("pseudo")
    rows = [] if pseudo is None else pseudo.nonzero().flatten().tolist()
    if len(rows) < 2:
        return batch
    result = cast("dict[str, Any]", dict(batch))
    image, disparity, valid = (result[key] for key in ("image", "disparity", "disparity_valid"))
    other = list(range(len(image)))
    for one, following in zip(rows, [*rows[1:], rows[0]], strict=True):
        other[one] = following
    edges = _edges(draws) * (chosen & torch.tensor([row in rows for row in range(len(image))]))[:, None]
    inside = region(edges, (image.shape[-2], image.shape[-1])).to(image.device)
    for key in ("image", "augmented_image"):
        result[key] = torch.where(inside, result[key][other], result[key])
    at_truth = region(edges, (disparity.shape[-2], disparity.shape[-1])).to(image.device)
    result["disparity_valid"] = valid & ~at_truth
    result |= {"pasted": disparity[other], "pasted_valid": valid[other] & at_truth}
    result["pasted_share"] = inside.float().flatten(1).mean(1)
    return cast(Sample, result)


def _edges(draws: Tensor) -> Tensor:
    """(B,4) top, left, bottom, right of the regions, as shares of height and width."""
    half = draws[:, :1].sqrt() / 2
    return torch.cat([draws[:, 1:] - half, draws[:, 1:] + half], 1).clamp(0, 1)


def region(edges: Tensor, size: Size) -> Tensor:
    """(B,1,H,W) bool, True = the middle of the pixel is within the edges."""
    rows, columns = ((torch.arange(side) + 0.5) / side for side in size)
    top, left, bottom, right = edges[:, :, None].unbind(1)
    inside = ((rows >= top) & (rows < bottom))[:, :, None] & ((columns >= left) & (columns < right))[:, None]
    return inside[:, None]
