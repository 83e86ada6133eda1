"""Output that is known up to a factor and a shift, from a zero of its own: logarithms and powers need one."""

from typing import NamedTuple

import torch
from torch import Tensor

from gradunc.brief import brief_repr
from gradunc.types import OutputSpace

FLOOR = 0.1
"""What the least output of an image is taken for, in units of how far the mean lies above it (docs/scoring.md)."""
LEAST = 0.02
"""Share of the pixels that may be below "the least output"."""
SAMPLE = 4096
"""Pixels that are sorted, at least."""


class Anchor(NamedTuple):
    """Of each image: its least output, and how far the mean lies above it, both (B,1,1,1)."""

    least: Tensor
    spread: Tensor

    __repr__ = brief_repr

    def of(self, output: Tensor) -> Tensor:
        """(...,B,1,H,W) -> the same shape: a factor and a shift of the network's output leave it as it is; above 0."""
        return ((output - self.least) / self.spread + FLOOR).clamp_min(FLOOR / 2)


def anchor(output: Tensor, space: OutputSpace) -> Anchor | None:
    """The anchor of a network's output (B,1,H,W); None if its zero has a meaning, as in all other spaces.

    Disparity: the farthest that an image shows is taken to be 1 + 1 / FLOOR = 11 times as far away as what has the mean
    disparity. Depth: the nearest to be that much nearer than the mean. An alignment by factor and shift, with
    which such networks are judged, decides it for each image anew.
    """
    if space.ambiguity != "affine":
        return None
    flat = output.detach().float().flatten(1)
    some = flat[:, :: max(1, flat.shape[1] // SAMPLE)]
    least = some.sort(1).values[:, int(LEAST * some.shape[1])]
    spread = (some.mean(1) - least).clamp_min(torch.finfo(torch.float32).tiny)
    return Anchor(least[:, None, None, None], spread[:, None, None, None])
