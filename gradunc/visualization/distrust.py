"""An uncertainty on top of its image: where it is high, and which pixels not to trust."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gradunc.visualization.colormaps import badness_map
from gradunc.visualization.order import ranks
from gradunc.visualization.style import DISTRUSTED, UNKNOWN
from gradunc.visualization.tiles import Tile, image_tile

COVER = 0.75
"""How much of the image the colour hides where the uncertainty is highest, and where a pixel is rejected."""
HOTTEST = 0.75
"""Share of the colour map that an overlay uses: its pale end is not seen on a bright sky."""


def overlay_tile(
    image: ArrayLike, uncertainty: ArrayLike, title: str = "uncertainty on the image", among: ArrayLike | None = None
) -> Tile:
    """The image in gray, which glows where the uncertainty is high.

    Args:
        image: (3,h,w) in [0,1].
        uncertainty: (H,W), NaN where unknown; of another size, its nearest pixels are taken.
        title: what stands above it.
        among: (H,W) bool, as for `ranks`.
    """
    gray = _gray(image)
    share = nearest(ranks(uncertainty, among), gray.shape[:2]) / 100
    colors = badness_map()(HOTTEST * np.nan_to_num(share), bytes=True)[..., :3]
    # The dark half of the map would only darken the image.
    cover = COVER * np.clip(2 * np.nan_to_num(share) - 1, 0, 1)
    return Tile(f"{title} (glows where worse)", _mixed(gray, colors, cover))


def reject_tile(image: ArrayLike, keep: ArrayLike, title: str, known: ArrayLike | None = None) -> Tile:
    """The image in gray, covered where it is rejected.

    Args:
        image: (3,h,w) in [0,1].
        keep: (H,W) bool, True = kept; of another size, its nearest pixels are taken.
        title: what stands above it.
        known: (H,W) bool, False = there is no uncertainty, and the pixel is gray; default: known everywhere.
    """
    gray = _gray(image)
    rejected = ~nearest(np.asarray(keep, dtype=bool), gray.shape[:2])
    pixels = _mixed(gray, np.array(DISTRUSTED), COVER * rejected)
    if known is not None:
        pixels[~nearest(np.asarray(known, dtype=bool), gray.shape[:2])] = UNKNOWN
    return Tile(title, pixels)


def nearest(values: NDArray, size: tuple[int, ...]) -> NDArray:
    """(H,W,...) at another size (h,w): of every pixel the nearest one."""
    if values.shape[:2] == tuple(size):
        return values
    rows, columns = (
        ((np.arange(new) + 0.5) * old / new).astype(int) for new, old in zip(size, values.shape[:2], strict=True)
    )
    return values[rows[:, None], columns]


def _gray(image: ArrayLike) -> NDArray[np.float64]:
    """(h,w,3) luma, a little lighter: colours on it must be seen."""
    luma = image_tile(image).pixels @ np.array([0.299, 0.587, 0.114])
    return np.repeat((40 + luma * 215 / 255)[..., None], 3, axis=2)


def _mixed(below: NDArray, above: NDArray, cover: NDArray) -> NDArray[np.uint8]:
    return np.round(below * (1 - cover[..., None]) + above * cover[..., None]).astype(np.uint8)
