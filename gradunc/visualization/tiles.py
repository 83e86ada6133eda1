"""One map or image of a panel: its pixels, its title and, for a map, what its colours mean."""

from typing import Literal, NamedTuple

import numpy as np
from matplotlib.colors import Colormap, Normalize
from numpy.typing import ArrayLike, NDArray

from gradunc.errors import InputError
from gradunc.visualization.colormaps import (
    Limits,
    Quantity,
    badness_map,
    depth_map,
    depth_scale,
    error_limits,
    robust_limits,
    to_rgb,
)
from gradunc.visualization.order import ranks


class Bar(NamedTuple):
    """A colour bar: which colours stand for which numbers."""

    colormap: Colormap
    scale: Normalize
    extend: Literal["neither", "max", "both"] = "neither"
    """Beyond which ends of the scale there may be values."""


class Tile(NamedTuple):
    """One picture with a title, in which the unit of a map stands, and the colour bar of a map."""

    title: str
    pixels: NDArray[np.uint8]
    """(H,W,3)."""
    bar: Bar | None = None


def image_tile(image: ArrayLike, title: str = "image") -> Tile:
    """A photograph.

    Args:
        image: (3,H,W) in [0,1]; values outside are cut off.
        title: what stands above it.

    Raises:
        InputError: the shape is another one.
    """
    array = np.asarray(image, dtype=np.float64)
    if array.ndim != 3 or array.shape[0] != 3:
        raise InputError(f"an image tile needs an array (3,H,W), got {array.shape}")
    return Tile(title, np.round(np.clip(array, 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0))


def depth_tile(
    depth: ArrayLike,
    unit: str = "m",
    title: str = "depth",
    quantity: Quantity = "depth",
    limits: Limits | None = None,
) -> Tile:
    """A depth or disparity map (H,W), near bright, with its unit in the title: "m" or "arbitrary".

    Maps that shall be compared need the same `limits`; what lies outside them is pink (farther) or vermillion (nearer).
    Without limits the scale spans the 5 to 95 percentiles.
    """
    scale = depth_scale(limits or robust_limits(depth))
    colormap = depth_map(quantity, marked=limits is not None)
    return _map_tile(depth, f"{title} [{unit}]", Bar(colormap, scale, "both"))


def uncertainty_tile(uncertainty: ArrayLike, title: str = "uncertainty", among: ArrayLike | None = None) -> Tile:
    """The order of an uncertainty map (H,W), high bright: the share of pixels that are less uncertain.

    Args:
        uncertainty: (H,W), NaN where unknown.
        title: what stands above it.
        among: (H,W) bool, the pixels with truth, of which the share is taken; default: all that are known.
    """
    whose = "pixels" if among is None else "pixels with truth"
    words = f"{title}: rank among the {whose} [%], high = worse"
    return _map_tile(ranks(uncertainty, among), words, Bar(badness_map(), Normalize(0, 100)))


def error_tile(error: ArrayLike, unit: str = "m", title: str = "error", limits: Limits | None = None) -> Tile:
    """A map (H,W) of errors >= 0, NaN where there is no truth; by default up to the 95 percentile."""
    scale = Normalize(*(limits or error_limits(error)))
    return _map_tile(error, f"{title} [{unit}]", Bar(badness_map(), scale, "max"))


def mask_tile(keep: ArrayLike, title: str = "auto-mask (white = kept)") -> Tile:
    """A mask (H,W), True = kept, in white on black."""
    kept = _as_map(keep) > 0
    return Tile(title, np.repeat(np.where(kept, 255, 0).astype(np.uint8)[..., None], 3, axis=2))


def _map_tile(values: ArrayLike, title: str, bar: Bar) -> Tile:
    return Tile(title, to_rgb(_thicken(_as_map(values)), bar.colormap, bar.scale), bar)


def _as_map(values: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2:
        raise InputError(f"a map tile needs an array (H,W), got {array.shape}")
    return array


def _thicken(array: NDArray[np.float64]) -> NDArray[np.float64]:
    """Spread the points of a sparse map (laser truth) over their unknown neighbours, or nobody sees them."""
    if np.isfinite(array).mean() > 0.3:
        return array
    padded = np.pad(array, 1, constant_values=np.nan)
    height, width = array.shape
    spread = array.copy()
    for row, column in np.ndindex(3, 3):
        neighbour = padded[row : row + height, column : column + width]
        spread = np.where(np.isfinite(spread), spread, neighbour)
    return spread
