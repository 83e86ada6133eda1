"""What a network should have answered: true depth at the network's own pixels, in the network's own unit."""

import torch
from torch import Tensor

from gradunc.ops.alignment import Fit, least_squares, median, median_ratio, none, to_depth
from gradunc.ops.truth import own_truth
from gradunc.types import OutputSpace, Sample, Size

ALIGNED_BY = {"metric": none, "scale": median_ratio, "affine": least_squares}
"""Ambiguity of an output space -> how its unit is found on each image."""


def targets(sample: Sample, prediction: Tensor, own: OutputSpace) -> tuple[Tensor, Tensor]:
    """The truth as the network would have to say it.

    Where the network's unit is arbitrary, the truth of every image is brought into it: by the ratio of the medians
    (scale), or by the least-squares factor and shift of the output (affine).

    Args:
        sample: a batch with true depth.
        prediction: (B,1,h,w) of the network, in its own output space.
        own: what the numbers of the network mean.

    Returns:
        (B,1,h,w) in the output space, 1 where unknown, and (B,1,h,w) bool, True = both truth and prediction are known.
        An image whose unit cannot be found is unknown everywhere.
    """
    size = (prediction.shape[-2], prediction.shape[-1])
    rows = [
        _target(*at_pixels(truth.to(prediction.device), valid.to(prediction.device), size), one, own)
        for (truth, valid), one in zip(own_truth(sample), prediction.float(), strict=True)
    ]
    values, keep = (torch.stack(maps) for maps in zip(*rows, strict=True))
    return values, keep


def at_pixels(truth: Tensor, valid: Tensor, size: Size) -> tuple[Tensor, Tensor]:
    """Depths on a finer grid, at the pixels of a coarser one that they fall into; nothing is interpolated.

    Several that fall into one pixel are averaged as disparities, as networks average within a pixel.

    Args:
        truth: (1,H,W) depth [m].
        valid: (1,H,W) bool, True = counts.
        size: height and width (h,w) of the coarser grid.

    Returns:
        (1,h,w) [m], 1 where unknown, and (1,h,w) bool, True = known.
    """
    valid = valid & (truth > 0) & truth.isfinite()
    height, width = truth.shape[-2:]
    if (height, width) == tuple(size):
        return torch.where(valid, truth, 1.0), valid
    rows, columns = (
        ((torch.arange(n, device=truth.device) + 0.5) * small / n).long()
        for n, small in zip((height, width), size, strict=True)
    )
    cells = (rows[:, None] * size[1] + columns)[valid[0]]
    inverse, count = (truth.new_zeros(size[0] * size[1]) for _ in range(2))
    inverse.index_add_(0, cells, 1 / truth[valid])
    count.index_add_(0, cells, torch.ones_like(truth[valid]))
    keep = (count > 0).view(1, *size)
    return torch.where(keep, (count / inverse).view(1, *size), 1.0), keep


def _target(truth: Tensor, keep: Tensor, prediction: Tensor, own: OutputSpace) -> tuple[Tensor, Tensor]:
    """One image (1,h,w): the truth in the network's unit, and where both are known."""
    keep = keep & prediction.isfinite()
    if not keep.any() or not _has_unit(prediction[keep], own):
        return torch.ones_like(prediction), torch.zeros_like(keep)
    fit = ALIGNED_BY[own.ambiguity](truth[keep], prediction[keep], own)
    values = said(truth, fit)
    return torch.where(keep & values.isfinite(), values, 1.0), keep & values.isfinite()


def _has_unit(prediction: Tensor, own: OutputSpace) -> bool:
    """Whether the median (n,) is a depth: without one there is no ratio of medians."""
    if own.ambiguity != "scale":
        return True
    middle = median(to_depth(prediction, own))
    return bool((middle > 0) & middle.isfinite())


def said(depth: Tensor, fit: Fit) -> Tensor:
    """The inverse of `Fit.depth`: what a network says whose answer means this depth [m]; NaN if none does."""
    inner = to_depth(depth / fit.factor, fit.space)
    values = fit.origin + (inner - fit.target) / fit.slope
    usable = torch.as_tensor(fit.slope) > 0
    return torch.where(usable.to(values.device), values, torch.nan)
