"""One map or image of a panel: its pixels, its title and, for a map, what its colours mean."""

from typing import NamedTuple

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


class Bar(NamedTuple):
    """A colour bar: which colours stand for which numbers."""

    colormap: Colormap
    scale: Normalize


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
    """A depth or disparity map (H,W), near bright, with its unit in the title: "m" or "arbitrary"."""
    scale = depth_scale(limits or robust_limits(depth))
    return _map_tile(depth, f"{title} [{unit}]", depth_map(quantity), scale)


def uncertainty_tile(uncertainty: ArrayLike, title: str = "uncertainty", limits: Limits | None = None) -> Tile:
    """An uncertainty map (H,W), high bright."""
    scale = Normalize(*(limits or robust_limits(uncertainty)))
    return _map_tile(uncertainty, f"{title} (high = worse)", badness_map(), scale)


def error_tile(error: ArrayLike, unit: str = "m", title: str = "error", limits: Limits | None = None) -> Tile:
    """A map (H,W) of errors >= 0, NaN where there is no truth."""
    return _map_tile(error, f"{title} [{unit}]", badness_map(), Normalize(*(limits or error_limits(error))))


def mask_tile(keep: ArrayLike, title: str = "auto-mask (white = kept)") -> Tile:
    """A mask (H,W), True = kept, in white on black."""
    kept = _as_map(keep) > 0
    return Tile(title, np.repeat(np.where(kept, 255, 0).astype(np.uint8)[..., None], 3, axis=2))


def _map_tile(values: ArrayLike, title: str, colormap: Colormap, scale: Normalize) -> Tile:
    return Tile(title, to_rgb(_thicken(_as_map(values)), colormap, scale), Bar(colormap, scale))


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
