"""The quantity in which depths are compared: metres, inverse metres or the logarithm."""

import torch
from torch import Tensor

from gradunc.types import OutputSpace
from gradunc.uncertainty.gradient.anchor import Anchor
from gradunc.uncertainty.gradient.losses import EPSILON


def into(depth: Tensor, own: OutputSpace, space: str, zero: Anchor | None = None) -> Tensor:
    """A network's output in another quantity, in float32.

    Args:
        depth: any shape, in the network's own output space.
        own: what the numbers of the network mean.
        space: of `QUANTITIES`.
        zero: of a relative network's images, what an inverse or a logarithm is measured from; None = the output's own.

    Returns:
        The same shape; what is below `EPSILON` counts as that, where an inverse or a logarithm is taken, and NaN
        for what is not finite.
    """
    values = depth.float()
    if space == own.quantity:
        return values
    if zero is not None:
        values = zero.of(values)
    if space == "log_depth":
        logarithm = values.clamp_min(EPSILON).log()
        return -logarithm if own.quantity == "disparity" else logarithm
    # The inverse of infinity is a number: it would pass for a depth on which all predictions agree.
    return torch.where(values.isfinite(), 1 / values.clamp_min(EPSILON), torch.nan)


def back(values: Tensor, own: OutputSpace, space: str, zero: Anchor | None = None) -> Tensor:
    """The inverse of `into`: values of a quantity as the network's own output."""
    if space == own.quantity:
        return values
    if space == "log_depth":
        found = torch.exp(-values if own.quantity == "disparity" else values)
    else:
        found = 1 / values.clamp_min(EPSILON)
    return found if zero is None else zero.back(found)


def unit(own: OutputSpace, space: str) -> str:
    """The unit of a standard deviation in a quantity.

    >>> unit(OutputSpace("depth", "metric"), "disparity"), unit(OutputSpace("disparity", "affine"), "depth")
    ('1/m', 'arbitrary (up to affine)')
    >>> unit(OutputSpace("depth", "scale"), "log_depth")
    'log depth'
    """
    if space == "log_depth" and own.ambiguity != "affine":
        return "log depth"
    return OutputSpace("disparity" if space == "disparity" else "depth", own.ambiguity).unit
