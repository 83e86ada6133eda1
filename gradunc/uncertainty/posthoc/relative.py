"""Comparing answers of relative networks: their zero, and where they cannot differ (docs/methods.md A.2)."""

import torch
from torch import Tensor, nn

from gradunc.types import OutputSpace
from gradunc.uncertainty.gradient.anchor import Anchor, anchor
from gradunc.uncertainty.gradient.limits import LimitWatch, reacting


def needs_zero(own: OutputSpace, space: str) -> bool:
    """Whether a quantity is the inverse or the logarithm of what a network knows up to a shift.

    >>> needs_zero(OutputSpace("disparity", "affine"), "log_depth"), needs_zero(OutputSpace("depth", "scale"), "depth")
    (True, False)
    """
    return own.ambiguity == "affine" and space != own.quantity


class RelativeAnswers:
    """Where a network's answers can differ; what it says of limits is for relative networks alone.

    Args:
        model: the network.
    """

    def __init__(self, model: nn.Module) -> None:
        self._model, self._limits = model, LimitWatch(model)

    def zero(self, depth: Tensor, mask: Tensor | None) -> Anchor | None:
        """What answers are measured from, of the plain prediction (B,1,H,W) where `needs_zero`."""
        own = getattr(self._model, "output_space", OutputSpace())
        keep = None if mask is None else mask.to(depth.device)
        return anchor(depth, own, keep)

    def keep(self, depth: Tensor, zero: Anchor | None) -> Tensor:
        """(B,1,H,W) bool, True = at no limit of a relative network, and not cut off by its zero."""
        everywhere = torch.ones_like(depth, dtype=torch.bool)
        if getattr(self._model, "output_space", OutputSpace()).ambiguity != "affine":
            return everywhere
        self._limits.look(depth)
        found = reacting(self._model, depth)
        found = everywhere if found is None else found
        return found if zero is None else found & zero.above(depth)
