"""Depth in the wrong unit, told by its mean: the one mistake that no file format shows. Needs numpy only."""

import numpy as np
from numpy.typing import NDArray

from gradunc.errors import InputError

INDOOR = (0.1, 20.0)
"""Mean depth of an indoor image lies between these [m]: sensors of this kind see 0.3 to 10 m."""

ANY = (0.01, 1000.0)
"""The same for any scene."""


def check_unit(
    depth: NDArray[np.float32], name: str, key: str, between: tuple[float, float] = INDOOR
) -> NDArray[np.float32]:
    """(H,W) [m], 0 where unknown, as it is.

    Args:
        depth: what was read.
        name: file, and position in it.
        key: what to set and to what, for the message.
        between: least and most believable mean [m].

    Raises:
        InputError: NaN, negative values, not one known pixel, or a mean that is not believable.
    """
    if not np.isfinite(depth).all():
        count = int((~np.isfinite(depth)).sum())
        raise InputError(
            f"depth '{name}' is NaN or infinite in {count} of {depth.size} pixels; write 0 where it is unknown"
        )
    if depth.min(initial=0) < 0:
        raise InputError(f"depth '{name}' has negative values (least {depth.min():g} m); write 0 where it is unknown")
    known = int(np.count_nonzero(depth))
    if not known:
        raise InputError(f"depth '{name}' has no known pixel; remove it and its image")
    mean = float(depth.sum(dtype=np.float64)) / known
    if not between[0] <= mean <= between[1]:
        raise InputError(
            f"depth '{name}' is {mean:.3g} m on average, not {between[0]:g} to {between[1]:g} m: wrong unit; set {key}"
        )
    return depth
