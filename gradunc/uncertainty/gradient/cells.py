"""What is compared, in cells of a coarse output (docs/methods.md A.13)."""

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor

from gradunc.brief import brief_repr
from gradunc.ops.cells import any_of, averaged
from gradunc.types import DepthPrediction, OutputSpace
from gradunc.uncertainty.gradient.losses import EPSILON
from gradunc.uncertainty.gradient.outputs import Output
from gradunc.uncertainty.gradient.references.base import Reference


class Compared(NamedTuple):
    """A prediction, its references and where they count: of the image's pixels, or of cells."""

    prediction: DepthPrediction
    """Carries the graph."""
    references: Sequence[Reference]
    """K of them."""
    keeps: Tensor | None
    """(K,b,1,H,W) bool, where each reference counts; None = everywhere, or no reference."""
    mask: Tensor | None
    """(b,1,H,W) bool, of the caller."""

    __repr__ = brief_repr


def in_cells(compared: Compared, output: Output, space: OutputSpace) -> Compared:
    """Pixels -> cells of the output; the prediction of a coarse head is of cells already.

    Depth becomes the geometric mean over the pixels that count, or the mean where depth is known up to a shift. A cell
    counts if one of its pixels does.
    """
    if output.cell == 1:
        return compared
    prediction, references, keeps, mask = compared
    if not output.has_head:
        told = prediction.log_scale
        prediction = prediction._replace(
            depth=_cells(prediction.depth.float(), mask, output.cell, space),
            log_scale=None if told is None else averaged(told.float(), mask, output.cell),
        )
    counts = None if keeps is None else any_of(keeps, output.cell)
    references = [
        one._replace(
            depth=_cells(one.depth.detach().float(), None if keeps is None else keeps[i], output.cell, space),
            valid=None if counts is None else counts[i],
        )
        for i, one in enumerate(references)
    ]
    return Compared(prediction, references, counts, None if mask is None else any_of(mask, output.cell))


def _cells(depth: Tensor, keep: Tensor | None, cell: int, space: OutputSpace) -> Tensor:
    if space.ambiguity == "affine":
        return averaged(depth, keep, cell)
    return averaged(depth.clamp_min(EPSILON).log(), keep, cell).exp()
