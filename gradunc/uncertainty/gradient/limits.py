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


def reacting(model: nn.Module, depth: Tensor) -> Tensor | None:
    """Output (B,1,H,W) of a network -> (B,1,H,W) bool, True = at no limit; None = there are none."""
    rounding = max(ROUNDING, 2 * torch.finfo(depth.dtype).eps)
    keep = None
    for limit in limits_of(model):
        if limit is not None:
            beside = (depth - limit).abs() > rounding * abs(limit)
            keep = beside if keep is None else keep & beside
    return keep


def known(model: nn.Module, scores: Tensor, depth: Tensor, keep: Tensor | None) -> Tensor:
    """Where scores of the gradient say something.

    Args:
        model: the network.
        scores: (B,C,H,W).
        depth: (B,1,H,W), its output.
        keep: (B,1,H,W) bool, True = counts; None = everywhere.

    Returns:
        (B,C,H,W) bool: finite, kept, and the output is at no limit.
    """
    found = scores.isfinite()
    for one in (keep, reacting(model, depth)):
        found = found if one is None else found & one.to(found.device)
    return found


class LimitWatch:
    """Says once how many of a network's outputs are at a limit.

    Args:
        model: the network.
    """

    def __init__(self, model: nn.Module) -> None:
        self._model, self._looks = model, LOOKS

    def look(self, depth: Tensor) -> None:
        """Say once, of the first batch with outputs (B,1,H,W) at a limit, how many they are."""
        if self._looks == 0 or not has_values(depth):
            return
        self._looks -= 1
        keep = reacting(self._model, depth)
        if keep is None or bool(keep.all()):
            return
        self._looks = 0
        part = 1 - float(keep.float().mean())
        share = f"{part:.1%}" if part >= 0.001 else "less than 0.1%"
        limits = " or ".join(f"{one:g}" for one in limits_of(self._model) if one is not None)
        advise(
            f"at {share} of the pixels of these images the network's output is at its limit ({limits}), where "
            "nothing moves it: their uncertainty is unknown"
        )
