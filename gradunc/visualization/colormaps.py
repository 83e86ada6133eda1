"""From maps of numbers to colours. Only pictures are made here: what is saved as data is never normalised.

Depth is dark blue to yellow with near bright; error and uncertainty share another map, black to yellow with
bad bright, so that the two can be compared by eye. Gray means unknown and is in neither map. A depth that lies outside
a scale that was given to it is pink (farther) or vermillion (nearer).
"""

from typing import Literal, NamedTuple

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import Colormap, LogNorm, Normalize
from numpy.typing import ArrayLike, NDArray

from gradunc.visualization.style import PINK, UNKNOWN, VERMILLION

Quantity = Literal["depth", "disparity"]


class Limits(NamedTuple):
    """The values at the two ends of a colour map."""

    low: float
    high: float


def robust_limits(values: ArrayLike, low: float = 5.0, high: float = 95.0) -> Limits:
    """Percentiles of the finite values, so that a few outliers do not darken a whole map.

    Args:
        values: any shape; NaN and infinite values do not count.
        low: lower percentile.
        high: upper percentile.

    Returns:
        Two different numbers: a constant map gets a range around its value, an unknown one (0, 1).

    >>> robust_limits([0.0, 10.0, float("nan")])
    Limits(low=0.5, high=9.5)
    """
    array = np.asarray(values, dtype=np.float64)
    known = array[np.isfinite(array)]
    if not known.size:
        return Limits(0.0, 1.0)
    bottom, top = (float(edge) for edge in np.percentile(known, [low, high]))
    if top - bottom > 1e-9 * max(abs(top), abs(bottom)):
        return Limits(bottom, top)
    margin = 0.5 * abs(bottom) or 0.5
    return Limits(bottom - margin, bottom + margin)


def depth_map(quantity: Quantity = "depth", *, marked: bool = False) -> Colormap:
    """The colour map in which near is bright: small for a depth, large for a disparity.

    Args:
        quantity: what grows.
        marked: what lies outside the scale has colours of its own, farther and nearer.
    """
    colormap = colormaps["viridis_r" if quantity == "depth" else "viridis"]
    if not marked:
        return colormap
    under, over = (VERMILLION, PINK) if quantity == "depth" else (PINK, VERMILLION)
    return colormap.with_extremes(under=under, over=over)


def badness_map() -> Colormap:
    """The colour map of errors and uncertainties, in which bad is bright."""
    return colormaps["inferno"]


def depth_scale(limits: Limits) -> Normalize:
    """How depths spread over the colours: a wide range by its logarithm, or all near things look alike."""
    wide = limits.low > 0 and limits.high / limits.low > 4
    return LogNorm(*limits) if wide else Normalize(*limits)


def to_rgb(values: ArrayLike, colormap: Colormap, scale: Normalize) -> NDArray[np.uint8]:
    """Colour a map.

    Args:
        values: (H,W); NaN and infinite pixels become gray.
        colormap: what the ends of the scale look like, and what lies outside: its colours "under" and "over", which are
            those of the ends unless it was given others.
        scale: from values to [0, 1].

    Returns:
        (H,W,3) uint8.
    """
    array = np.asarray(values, dtype=np.float64)
    share = np.nan_to_num(np.asarray(scale(np.clip(array, scale.vmin, scale.vmax))))
    rgb = colormap(np.clip(share, 0, 1), bytes=True)[..., :3]
    low, high = float(scale.vmin or 0), float(scale.vmax or 0)
    for outside, place in ((array < low, -1.0), (array > high, 2.0)):
        rgb = np.where(outside[..., None], np.array(colormap(place, bytes=True)[:3], dtype=np.uint8), rgb)
    return np.where(np.isfinite(array)[..., None], rgb, np.array(UNKNOWN, dtype=np.uint8))


def depth_to_rgb(depth: ArrayLike, limits: Limits | None = None, quantity: Quantity = "depth") -> NDArray[np.uint8]:
    """(H,W) depth or disparity -> (H,W,3) uint8, near bright.

    What lies outside given limits is marked; without any they are the 5 and 95 percentiles, and it is not.
    """
    scale = depth_scale(limits or robust_limits(depth))
    return to_rgb(depth, depth_map(quantity, marked=limits is not None), scale)


def uncertainty_to_rgb(uncertainty: ArrayLike, limits: Limits | None = None) -> NDArray[np.uint8]:
    """(H,W) uncertainty -> (H,W,3) uint8, high bright; by default between the 5 and 95 percentiles."""
    return to_rgb(uncertainty, badness_map(), Normalize(*(limits or robust_limits(uncertainty))))


def error_to_rgb(error: ArrayLike, limits: Limits | None = None) -> NDArray[np.uint8]:
    """(H,W) error >= 0 -> (H,W,3) uint8, large bright; by default between 0 and the 95 percentile."""
    return to_rgb(error, badness_map(), Normalize(*(limits or error_limits(error))))


def error_limits(error: ArrayLike) -> Limits:
    """From no error at all to the 95 percentile."""
    high = robust_limits(error).high
    return Limits(0.0, high if high > 0 else 1.0)
