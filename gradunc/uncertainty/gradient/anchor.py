"""Output that is known up to a factor and a shift, from a zero of its own: logarithms and powers need one."""

from typing import NamedTuple

import torch
from torch import Tensor

from gradunc.brief import brief_repr
from gradunc.ops.cells import sampled
from gradunc.types import OutputSpace

FLOOR = 0.1
"""What the least output of an image is taken for, in units of how far the mean lies above it (docs/scoring.md)."""
LEAST = 0.02
"""Share of the pixels that may be below "the least output"."""
SAMPLE = 4096
"""Pixels that are sorted, about."""


class Anchor(NamedTuple):
    """Of each image: its least output, and how far the mean lies above it, both (B,1,1,1)."""

    least: Tensor
    spread: Tensor

    __repr__ = brief_repr

    def of(self, output: Tensor) -> Tensor:
        """(...,B,1,H,W) -> the same shape: a factor and a shift of the network's output leave it as it is; above 0."""
        return ((output - self.least) / self.spread + FLOOR).clamp_min(FLOOR / 2)

    def back(self, values: Tensor) -> Tensor:
        """The inverse of `of`."""
        return (values - FLOOR) * self.spread + self.least

    def above(self, output: Tensor) -> Tensor:
        """(B,1,H,W) -> the same shape, bool: True = not so far below the least output that `of` cuts it off."""
        return (output - self.least) / self.spread > -FLOOR / 2


def anchor(output: Tensor, space: OutputSpace, keep: Tensor | None = None) -> Anchor | None:
    """The anchor of a network's output (B,1,H,W); None if its zero has a meaning, as in all other spaces.

    Disparity: the farthest that an image shows is taken to be 1 + 1 / FLOOR = 11 times as far away as what has the mean
    disparity. Depth: the nearest to be that much nearer than the mean. An alignment by factor and shift, with
    which such networks are judged, decides it for each image anew. What is not finite or, (B,1,H,W) bool, not kept has
    no part in it.
    """
    if space.ambiguity != "affine":
        return None
    values = sampled(output.detach().float(), SAMPLE)
    known = values.isfinite() if keep is None else values.isfinite() & sampled(keep, SAMPLE)
    values, known = values.flatten(1), known.flatten(1)
    count = known.sum(1, keepdim=True)
    # Sorted with what is unknown behind all others: a quantile that leaves NaN out has no operator in ONNX.
    ascending = torch.where(known, values, torch.inf).sort(1).values
    least = torch.where(count > 0, ascending.gather(1, (LEAST * count).long()), 0.0)
    mean = torch.where(known, values, 0.0).sum(1, keepdim=True) / count.clamp_min(1)
    spread = (mean - least).clamp_min(torch.finfo(torch.float32).tiny)
    return Anchor(least[..., None, None], spread[..., None, None])
