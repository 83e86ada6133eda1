"""Uncertainties by their order: an estimator promises no more, and an order can be compared with that of the errors."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray


def ranks(uncertainty: ArrayLike, among: ArrayLike | None = None) -> NDArray[np.float64]:
    """How many of some pixels are less uncertain than each pixel; those that are as uncertain count half.

    Args:
        uncertainty: (H,W), NaN where unknown.
        among: (H,W) bool, True = belongs to those pixels: where there is truth, so that the sky, of which nobody knows
            whether it is wrong, does not take the upper ranks. Default: all that are known.

    Returns:
        (H,W) per cent; 50 everywhere for a constant map, NaN where the uncertainty is unknown.

    >>> ranks([[1.0, 2.0, 9.0, float("nan")]], [[True, True, False, False]]).tolist()
    [[25.0, 75.0, 100.0, nan]]
    """
    values = np.asarray(uncertainty, dtype=np.float64)
    known = np.sort(_compared(values, among))
    below, not_above = (np.searchsorted(known, values, side) for side in ("left", "right"))
    share = 50.0 * (below + not_above) / max(known.size, 1)
    return np.where(np.isfinite(values), share, np.nan)


class Trust(NamedTuple):
    """Which pixels are rejected at a rate."""

    keep: NDArray[np.bool_]
    """(H,W), True = kept; False where the uncertainty is unknown."""
    rejected: float
    """Share of the pixels that set the limit, which are rejected indeed: equal uncertainties stay together."""


def trust(uncertainty: ArrayLike, reject: float, among: ArrayLike | None = None) -> Trust:
    """Keep what is at most as uncertain as the 1 - `reject` quantile, as a step of the sparsification does.

    Args:
        uncertainty: (H,W), NaN where unknown.
        reject: share of the most uncertain pixels that shall go, 0 to 1.
        among: as for `ranks`.

    >>> trust([[1.0, 2.0, 3.0, 4.0, 5.0]], 0.4).keep.tolist()
    [[True, True, True, False, False]]
    """
    certainty = -np.asarray(uncertainty, dtype=np.float64)
    compared = _compared(certainty, among)
    if not compared.size:
        return Trust(np.isfinite(certainty), 0.0)
    # With the sign of the sparsification: equal roundings, so that a pixel on the limit stays in both.
    limit = np.percentile(compared, 100 * reject)
    with np.errstate(invalid="ignore"):
        return Trust(certainty >= limit, float(np.mean(compared < limit)))


def _compared(values: NDArray[np.float64], among: ArrayLike | None) -> NDArray[np.float64]:
    """The finite values (n,) that the others are compared with: all, if none was chosen."""
    known = np.isfinite(values)
    chosen = known if among is None else known & np.asarray(among, dtype=bool)
    return values[chosen if chosen.any() else known]
