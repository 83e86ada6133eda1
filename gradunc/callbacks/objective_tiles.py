"""What the objective sees of an image: views, masks and errors that a loss explains itself by."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from gradunc.visualization import Limits, Tile, depth_tile, error_tile, image_tile, mask_tile

TILES: dict[str, Callable[[NDArray], Tile]] = {
    "auto_mask": lambda values: mask_tile(values[0]),
    "warped": lambda values: image_tile(values, "first source, seen from here"),
    "photometric": lambda values: error_tile(values[0], "0 = alike", "error of the images"),
    "motion": lambda values: error_tile(
        np.linalg.norm(values, axis=0), "unit of depth", "what moves by itself, how far"
    ),
    "agreement": lambda values: error_tile(
        1 - values[0], "0 = agree", "disagreement of the frames' depth", Limits(0.0, 1.0)
    ),
    "bin_distance": lambda values: error_tile(values[0], "m", "from true depth to the nearest bin"),
    "taught": lambda values: depth_tile(values[0], title="depth of the teacher"),
}
"""Name in `TermResult.maps` -> its tile, in the order in which they are drawn; others are not drawn."""


def objective_tiles(maps: Mapping[str, Tensor], position: int) -> list[Tile]:
    """The tiles of one image.

    Args:
        maps: name -> (B,C,h,w).
        position: of the image in the batch.
    """
    return [tile(maps[name][position].float().cpu().numpy()) for name, tile in TILES.items() if name in maps]
