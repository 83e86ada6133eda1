"""Whether the mirrored prediction agrees with the plain one as a whole, told without truth (docs/methods.md A.3).

Three figures of each image alone, so that no answer depends on the batch or on the order of the images.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from gradunc.ops.cells import sampled
from gradunc.uncertainty.gradient.losses import EPSILON

SAMPLE = 8192
"""About so many pixels of an image are looked at: rows and columns in equal steps."""

SPREAD = (0.16, 0.5, 0.84)
"""Percentiles: half the difference of the outer ones is the standard deviation of a normal law."""


class Figures(NamedTuple):
    """Of e = log m - log d over an image, m the mirrored and d the plain prediction."""

    shift: float
    """|median e|: how far one lies in front of the other."""
    ratio: float
    """Spread of e over that of log d: how much of the depth's structure they do not share."""
    tilt: float
    """|slope of e over the width|: difference of e between the two borders."""

    def __str__(self) -> str:
        """Every figure and its limit, for messages."""
        return ", ".join(
            f"{name} {value:.2g} (limit {getattr(LIMITS, name):g})" for name, value in self._asdict().items()
        )


LIMITS = Figures(shift=0.05, ratio=0.25, tilt=0.3)
"""No figure of 34 driving images of 20 scenes is above (docs/scoring.md)."""


def disagreement(depth: Tensor, mirrored: Tensor, keep: Tensor | None = None) -> Tensor:
    """The `Figures` of each image: (b,3), in their order; NaN where no pixel counts.

    Args:
        depth: (b,1,H,W) plain prediction, depth or disparity.
        mirrored: (b,1,H,W) of the mirrored image, mirrored back.
        keep: (b,1,H,W) bool, True = counts.
    """
    log, other = (sampled(maps.float(), SAMPLE).clamp_min(EPSILON).log() for maps in (depth, mirrored))
    error = other - log
    known = error.isfinite() if keep is None else error.isfinite() & sampled(keep, SAMPLE)
    error, log = (torch.where(known, values, torch.nan) for values in (error, log))
    low, middle, high = _percentiles(error)
    floor, _, ceiling = _percentiles(log)
    # A depth without structure shares none: no disagreement is then 0, any other is large.
    ratio = (high - low) / (ceiling - floor).clamp_min(torch.finfo(torch.float32).tiny)
    return torch.stack([middle.abs(), ratio, _slope(error, known).abs()], 1)


def disagrees(figures: Tensor) -> Tensor:
    """Whether any of the figures (b,3) is above its limit: (b,) bool."""
    return (figures > figures.new_tensor(LIMITS)).any(1)


def _percentiles(maps: Tensor) -> Tensor:
    return maps.flatten(1).nanquantile(maps.new_tensor(SPREAD), dim=1)


def _slope(values: Tensor, known: Tensor) -> Tensor:
    """Least squares over the column, from -0.5 at the left border to 0.5 at the right one: (b,)."""
    columns = torch.linspace(-0.5, 0.5, values.shape[-1], device=values.device).expand_as(values)
    columns = torch.where(known, columns, torch.nan)
    columns = columns - columns.flatten(1).nanmean(1)[:, None, None, None]
    return (columns * values).flatten(1).nansum(1) / columns.square().flatten(1).nansum(1)
