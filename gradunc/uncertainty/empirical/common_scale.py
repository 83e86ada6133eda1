"""Predictions of several networks in one scale: what each leaves free is taken from the first one, image by image."""

import torch
from torch import Tensor

from gradunc.types import OutputSpace

SMALLEST = 1e-12
"""A median or a spread that is not above this carries no scale."""


def to_scale_of(first: Tensor, other: Tensor, space: OutputSpace) -> Tensor:
    """A prediction in the scale of another one of the same images.

    The factor is the ratio of the medians, as evaluation aligns networks trained on video (Zhou et al., CVPR 2017).
    Where a shift is free too, the median and the mean absolute deviation from it become those of the first (Ranftl et
    al., TPAMI 2020, section 5). Without a scale to take, an image stays as it is.

    Args:
        first: (B,1,H,W) in the output space.
        other: (B,1,H,W) in the output space.
        space: of both.

    Returns:
        (B,1,H,W).
    """
    middle, target = _median(other), _median(first)
    if space.ambiguity != "affine":
        return other * _ratio(target, middle)
    return (other - middle) * _ratio(_deviation(first, target), _deviation(other, middle)) + target


def _ratio(target: Tensor, own: Tensor) -> Tensor:
    usable = (own > SMALLEST) & (target > SMALLEST) & own.isfinite() & target.isfinite()
    return torch.where(usable, target / own, 1.0)


def _median(values: Tensor) -> Tensor:
    """(B,1,1,1) over what is finite; NaN where nothing is."""
    return _finite(values).nanmedian(1).values.view(-1, 1, 1, 1)


def _deviation(values: Tensor, middle: Tensor) -> Tensor:
    """(B,1,1,1) mean absolute deviation over what is finite."""
    return _finite(values - middle).abs().nanmean(1).view(-1, 1, 1, 1)


def _finite(values: Tensor) -> Tensor:
    """(B,P) with NaN for what is not finite."""
    return torch.where(values.isfinite(), values, torch.nan).flatten(1)
