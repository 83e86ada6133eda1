"""Colour jitter with factors of its own for every sample of a batch.

The operations are those of torchvision's ColorJitter, which takes one factor for a whole batch. Here the views are
(n,V,3,h,w) in [0,1] and the factors (n,), one for each sample.
"""

from collections.abc import Callable

import torch
from torch import Tensor


def adjust_brightness(views: Tensor, factor: Tensor) -> Tensor:
    """Multiply by `factor`, then clamp."""
    return (views * _per_sample(factor)).clamp_(0, 1)


def adjust_contrast(views: Tensor, factor: Tensor) -> Tensor:
    """Scale the distance to the mean gray of each view by `factor`, then clamp."""
    return _blend(views, _gray(views).mean(dim=(-2, -1), keepdim=True), factor)


def adjust_saturation(views: Tensor, factor: Tensor) -> Tensor:
    """Scale the distance of each pixel to its gray by `factor`, then clamp."""
    return _blend(views, _gray(views), factor)


def adjust_hue(views: Tensor, turn: Tensor) -> Tensor:
    """Turn the hue of the HSV model by `turn`, in full circles; value and saturation stay.

    With the hue h in [0,6), every channel is low + (high - low) f(h), f being a trapezium over the hexagon of
    hues: no sector has to be looked up.
    """
    red, green, blue = views.unbind(-3)
    high = torch.maximum(torch.maximum(red, green), blue)
    low = torch.minimum(torch.minimum(red, green), blue)
    chroma = high - low
    # Gray has no hue: any will do, since its chroma is 0.
    inverse = torch.where(chroma == 0, 1, chroma).reciprocal_()
    hue = torch.where(high == green, (blue - red).mul_(inverse).add_(2), (red - green).mul_(inverse).add_(4))
    hue = torch.where(high == red, (green - blue).mul_(inverse), hue)
    hue = hue.add_(6 * _per_sample(turn)[:, 0]).remainder_(6)
    shares = (
        (hue - 3).abs_().sub_(1),
        (hue - 2).abs_().neg_().add_(2),
        (hue - 4).abs_().neg_().add_(2),
    )
    return torch.stack([share.clamp_(0, 1).mul_(chroma).add_(low) for share in shares], dim=-3)


_OPERATIONS: tuple[Callable[[Tensor, Tensor], Tensor], ...] = (
    adjust_brightness,
    adjust_contrast,
    adjust_saturation,
    adjust_hue,
)


def jitter_views(views: Tensor, factors: Tensor, order: Tensor) -> Tensor:
    """Apply the four operations to (n,V,3,h,w), each sample in its own order; changes `views` in place.

    The samples whose turn it is for an operation go through it together: at most 16 calls, whatever the
    batch.
    """
    on_device = factors.to(views)
    for step in range(len(_OPERATIONS)):
        for number, operation in enumerate(_OPERATIONS):
            rows = (order[:, step] == number).nonzero().flatten().to(views.device)
            if len(rows):
                views[rows] = operation(views[rows], on_device[rows, number])
    return views


def _per_sample(factor: Tensor) -> Tensor:
    return factor[:, None, None, None, None]


def _gray(views: Tensor) -> Tensor:
    """(n,V,1,h,w) luma by the weights that torchvision has of Pillow (ITU-R BT.601)."""
    red, green, blue = views.split(1, dim=-3)
    return (red * 0.2989).add_(green, alpha=0.587).add_(blue, alpha=0.114)


def _blend(views: Tensor, other: Tensor, factor: Tensor) -> Tensor:
    """The blend factor * views + (1 - factor) * other, clamped to [0,1]."""
    ratio = _per_sample(factor)
    return (views * ratio).add_(other * (1 - ratio)).clamp_(0, 1)
