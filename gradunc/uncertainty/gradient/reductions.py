"""From gradients to one map: over channels, to a common range, over layers (docs/methods.md A.6, A.7)."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Reduction = Callable[[Tensor], Tensor]

CHANNELS: dict[str, Reduction] = {
    "max": lambda gradient: gradient.amax(1, keepdim=True),
    "absmax": lambda gradient: gradient.abs().amax(1, keepdim=True),
    "mean": lambda gradient: gradient.mean(1, keepdim=True),
    "sum": lambda gradient: gradient.sum(1, keepdim=True),
    "norm": lambda gradient: gradient.norm(dim=1, keepdim=True),
}
"""(B,C,h,w) -> (B,1,h,w). "max" is signed as published; "absmax" and "norm" do not depend on the loss's sign."""

SIGNED = ("max", "mean", "sum")
"""Of `CHANNELS`: what may be below 0."""


def weighted(maps: Tensor, weights: Sequence[float]) -> Tensor:
    """Mean over layers with a weight for each: (L,B,1,H,W), L numbers >= 0 -> (B,1,H,W).

    >>> weighted(torch.tensor([1.0, 4.0]).view(2, 1, 1, 1, 1), [2, 1]).item()
    2.0
    """
    shares = maps.new_tensor(weights) / sum(weights)
    return torch.tensordot(shares, maps, 1)


def geometric(maps: Tensor) -> Tensor:
    """Geometric mean over layers, of magnitudes of mean 1: (L,B,1,H,W) -> (B,1,H,W).

    A layer counts by the factor by which it lies above its mean, so that no layer with a few huge values drowns the
    others. Values below `LEAST` count as `LEAST`.

    >>> geometric(torch.tensor([1.0, 4.0]).view(2, 1, 1, 1, 1)).item()
    2.0
    """
    return maps.clamp_min(LEAST).log().mean(0).exp()


LEAST = 1e-6
"""Of the mean of a layer: what lies below it is as good as 0."""

ACROSS_LAYERS: dict[str, Callable[..., Tensor]] = {
    "std": lambda maps: (maps - maps.mean(0)).square().mean(0).sqrt(),
    "max": lambda maps: maps.amax(0),
    "mean": lambda maps: maps.mean(0),
    "geometric": geometric,
    "weighted": weighted,
}
"""(L,B,1,H,W) -> (B,1,H,W). "std" is the published code: high where layers disagree. "weighted" takes weights too, and
"geometric" needs magnitudes of mean 1."""


def minmax(maps: Tensor) -> Tensor:
    """Scale every image's map to [0,1]; a constant map becomes zeros, not NaN: (B,1,h,w) -> (B,1,h,w).

    Cells that are not finite are left out of the range and stay not finite.

    >>> minmax(torch.tensor([[[[1.0, 3.0]]], [[[5.0, 5.0]]]])).flatten(1).tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    finite = maps.isfinite()
    low = torch.where(finite, maps, torch.inf).amin((1, 2, 3), keepdim=True)
    extent = torch.where(finite, maps, -torch.inf).amax((1, 2, 3), keepdim=True) - low
    return (maps - low) / torch.where(extent > 0, extent, 1.0)


def by_mean(maps: Tensor) -> Tensor:
    """Divide every image's map by its mean magnitude; zeros stay zeros: (B,1,h,w) -> (B,1,h,w).

    Cells that are not finite are left out of the mean and stay not finite. Unlike `minmax`, one outlier does not
    squeeze the others together.

    >>> by_mean(torch.tensor([[[[1.0, 3.0]]], [[[0.0, 0.0]]]])).flatten(1).tolist()
    [[0.5, 1.5], [0.0, 0.0]]
    """
    finite = maps.isfinite()
    total = torch.where(finite, maps.abs(), 0.0).sum((1, 2, 3), keepdim=True)
    mean = total / finite.sum((1, 2, 3), keepdim=True).clamp_min(1)
    return maps / torch.where(mean > 0, mean, 1.0)


NORMALIZE: dict[str, Reduction] = {"none": lambda maps: maps, "minmax": minmax, "mean": by_mean}
"""Per image and layer, at the layer's resolution."""
