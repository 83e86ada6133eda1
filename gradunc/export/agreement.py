"""Does a graph compute what its estimator computes?"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from gradunc.errors import InputError
from gradunc.uncertainty.interface import Exportable

DEPTH_TOLERANCE, MAP_TOLERANCE = 1e-4, 1e-3


class Agreement(NamedTuple):
    """The largest differences over all pixels of one image; infinite where only one side knows a value."""

    depth: float
    """Relative."""
    uncertainty: float
    """Of the range of the map."""
    extent: float
    """That range."""


def agreement(
    estimator: Exportable, size: tuple[int, int], run: Callable[[Tensor], tuple[Tensor, Tensor] | None]
) -> Agreement | None:
    """Compare `run(image)` with the estimator on one random image (1,3,*size); None if `run` gives None."""
    image = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(1))
    outputs = run(image)
    if outputs is None:
        return None
    estimate = estimator.estimate(image, index=torch.zeros(1, dtype=torch.long))
    uncertainty = torch.where(estimate.valid, estimate.uncertainty, torch.nan)
    known = uncertainty[estimate.valid]
    extent = float(known.max() - known.min()) if known.numel() else 0.0
    # A constant map has no range: its own size is the measure then.
    extent = extent or _size(known)
    return Agreement(
        depth=_largest((outputs[0] - estimate.depth) / estimate.depth.abs(), outputs[0], estimate.depth),
        uncertainty=_largest((outputs[1] - uncertainty) / extent, outputs[1], uncertainty),
        extent=extent,
    )


def _size(values: Tensor) -> float:
    return (float(values.abs().max()) if values.numel() else 0.0) or 1.0


def _largest(difference: Tensor, found: Tensor, expected: Tensor) -> float:
    if not torch.equal(found.isfinite(), expected.isfinite()):
        return torch.inf
    values = torch.where(found == expected, 0.0, difference)[expected.isfinite()]
    return float(values.abs().max()) if values.numel() else 0.0


def check_agreement(found: Agreement | None, path: Path) -> None:
    """Raise `InputError` for a file that computes something else."""
    if found is None or (found.depth <= DEPTH_TOLERANCE and found.uncertainty <= MAP_TOLERANCE):
        return
    raise InputError(
        f"'{path}' is not written: it would differ from the estimator by {found.depth:.1e} of the depth (at most "
        f"{DEPTH_TOLERANCE:.0e}) and {found.uncertainty:.1e} of the map's range {found.extent:.1e} "
        f"(at most {MAP_TOLERANCE:.0e}); "
        "a tiny range is rounding, the reference is too close to the prediction: choose another reference"
    )
