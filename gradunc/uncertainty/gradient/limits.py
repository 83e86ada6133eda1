"""Where the output of a network is at a limit, as behind a final ReLU: it does not react there, and has no gradient."""

import torch
from torch import Tensor, nn

from gradunc.advice import advise
from gradunc.ops.checks import has_values
from gradunc.types import OutputSpace

ROUNDING = 1e-5
"""Relative; the inverse of an inverse is not exact, and less so in half precision."""
LOOKS = 8
"""Batches that are looked at before nothing more is said, so that a device is not waited for in each."""


def limits_of(model: nn.Module) -> tuple[float | None, float | None]:
    """Smallest and largest output that a network clips to; None = it does not.

    It may say so in `output_limits`; of disparity without a word it is 0 and None, the final ReLU of most.
    """
    said = getattr(model, "output_limits", None)
    if said is not None:
        return said
    space = getattr(model, "output_space", OutputSpace())
    return (0.0, None) if space.quantity == "disparity" else (None, None)


class Limited:
    """Which outputs of a network react to its features.

    Args:
        model: the network.
    """

    def __init__(self, model: nn.Module) -> None:
        self.low, self.high = limits_of(model)
        self._looks = LOOKS

    def reacting(self, depth: Tensor) -> Tensor | None:
        """(B,1,H,W) output -> (B,1,H,W) bool, True = at no limit; None = there are none."""
        rounding = max(ROUNDING, 2 * torch.finfo(depth.dtype).eps)
        keep = None
        for limit in (self.low, self.high):
            if limit is not None:
                beside = (depth - limit).abs() > rounding * abs(limit)
                keep = beside if keep is None else keep & beside
        return keep

    def look(self, depth: Tensor) -> None:
        """Say once, of the first batch with outputs (B,1,H,W) at a limit, how many they are."""
        if self._looks == 0 or not has_values(depth):
            return
        self._looks -= 1
        keep = self.reacting(depth)
        if keep is None or bool(keep.all()):
            return
        self._looks = 0
        part = 1 - float(keep.float().mean())
        share = f"{part:.1%}" if part >= 0.001 else "less than 0.1%"
        limits = " or ".join(f"{one:g}" for one in (self.low, self.high) if one is not None)
        advise(
            f"at {share} of the pixels of these images the network's output is at its limit ({limits}), where it "
            "has no gradient: their uncertainty is unknown"
        )
