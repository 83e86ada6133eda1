"""The exact masks of what makes depth uncertain: one entry here adds a mask to every sample."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradunc.data.sets.synthetic.primitives import Primitives

Mask = NDArray[np.bool_]


class Sight(NamedTuple):
    """What the pixels of one view show, before any shading."""

    solid: NDArray[np.int64]
    """(H,W) index of the solid, -1 = sky."""
    solids: Primitives
    """All solids."""
    shaded: Mask
    """(H,W) True = a solid keeps the sun from a surface that faces it."""


def moving(sight: Sight) -> Mask:
    """Pixels that show an object with a motion of its own."""
    return (sight.solids.velocity != 0)[sight.solid] & (sight.solid >= 0)


def shadow(sight: Sight) -> Mask:
    """Pixels in a cast shadow."""
    return sight.shaded


REGIONS: dict[str, Callable[[Sight], Mask]] = {"moving": moving, "shadow": shadow}
"""Name -> mask (H,W) of one view."""
