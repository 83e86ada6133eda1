"""The tiles of a panel of a prediction without truth, and how those of several estimators are arranged."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from gradunc.visualization.colormaps import Quantity
from gradunc.visualization.distrust import overlay_tile, reject_tile
from gradunc.visualization.order import trust
from gradunc.visualization.tiles import Tile, depth_tile, image_tile, uncertainty_tile


def prediction_tiles(
    image: ArrayLike,
    depth: ArrayLike,
    unit: str = "m",
    quantity: Quantity = "depth",
    uncertainty: Mapping[str, ArrayLike] | None = None,
    reject: float = 0.2,
) -> list[Tile | None]:
    """Image, depth and, of every estimator, uncertainty, uncertainty on the image, and what not to trust.

    Args:
        image: (3,H,W) in [0,1].
        depth: (H,W) depth or disparity, NaN where unknown.
        unit: of the depth.
        quantity: what `depth` is.
        uncertainty: estimator -> (H,W), high = worse, NaN where unknown.
        reject: share of the most uncertain pixels that are marked as not to be trusted; 0 marks none.

    Returns:
        For `panel`.
    """
    estimators = [estimator_tiles(image, values, name, reject) for name, values in (uncertainty or {}).items()]
    return [image_tile(image), depth_tile(depth, unit, f"predicted {quantity}", quantity), *arranged(estimators)]


def estimator_tiles(
    image: ArrayLike,
    uncertainty: ArrayLike,
    name: str,
    reject: float,
    among: ArrayLike | None = None,
    about_rest: str = "",
) -> list[Tile]:
    """What is shown of one estimator.

    Args:
        image: (3,h,w) in [0,1].
        uncertainty: (H,W), NaN where unknown.
        name: of the estimator.
        reject: share of pixels to reject; 0 shows no mask.
        among: (H,W) bool, the pixels that ranks and rejection are about; default: all that are known.
        about_rest: what is said of the pixels that are kept.
    """
    tiles = [
        uncertainty_tile(uncertainty, f"uncertainty {name}", among),
        overlay_tile(image, uncertainty, f"{name} on the image", among),
    ]
    if reject:
        found = trust(uncertainty, reject, among)
        whose = "" if among is None else " of those with truth"
        title = f"{name}, do not trust: the {found.rejected:.0%} most uncertain{whose}{about_rest}"
        tiles.append(reject_tile(image, found.keep, title, np.isfinite(np.asarray(uncertainty))))
    return tiles


def arranged(estimators: Sequence[Sequence[Tile]]) -> list[Tile | None]:
    """Two estimators share the two columns of a panel, so that they can be compared; a single one fills both."""
    tiles: list[Tile | None] = []
    for first in range(0, len(estimators) - 1, 2):
        tiles += [tile for pair in zip(*estimators[first : first + 2], strict=True) for tile in pair]
    if len(estimators) % 2:
        tiles += [*estimators[-1], *([None] if len(estimators[-1]) % 2 else [])]
    return tiles
