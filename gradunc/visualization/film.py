"""The pictures of a film: the tiles of a panel, whose colours mean the same in every picture.

Titles and colour bars are drawn once; of each further picture only the pixels of its tiles are put in their places.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.colors import LogNorm, Normalize
from numpy.typing import NDArray

from gradunc.visualization.colormaps import Limits, Quantity, badness_map, depth_map, depth_scale
from gradunc.visualization.distrust import nearest, reject_tile
from gradunc.visualization.panel_layout import fitted, layout_of
from gradunc.visualization.panels import panel
from gradunc.visualization.prediction import arranged
from gradunc.visualization.style import UNKNOWN
from gradunc.visualization.tiles import Bar, Tile, image_tile


class FilmScale(NamedTuple):
    """What the colours of a film mean."""

    depth: Limits
    uncertainty: Mapping[str, Limits]
    """Estimator -> ends of its colour bar."""
    trusted: Mapping[str, float]
    """Estimator -> the uncertainty above which a pixel is not to be trusted; empty = none is marked."""


class FilmPainter:
    """Draws the pictures of a film.

    Args:
        scale: of all of them.
        unit: of the depth.
        quantity: what the depth is.
        reject: share of the pixels that lie above `scale.trusted`, for the title.
        whose: of what that is a share, for the title.
        head: lines above all.
        size: (H,W) of the pictures; images and maps of other sizes get gray borders.
    """

    def __init__(
        self,
        scale: FilmScale,
        unit: str,
        quantity: Quantity,
        reject: float,
        whose: str,
        head: Sequence[str],
        size: tuple[int, int],
    ) -> None:
        self.scale, self.size, self._head = scale, size, list(head)
        self._depth = Painter(Bar(depth_map(quantity), depth_scale(scale.depth), "both"))
        self._bars = {
            name: Painter(Bar(badness_map(), Normalize(*limits), "both")) for name, limits in scale.uncertainty.items()
        }
        self._depth_title = f"predicted {quantity} [{unit}]"
        self._reject_title = f"do not trust: the {reject:.0%} most uncertain pixels of {whose}"
        self._still: NDArray[np.uint8] | None = None
        self._places: list[tuple[int, int]] = []

    def picture(
        self, image: NDArray[np.floating], depth: NDArray[np.floating], uncertainty: Mapping[str, NDArray[np.floating]]
    ) -> NDArray[np.uint8]:
        """One picture.

        Args:
            image: (3,H,W) in [0,1].
            depth: (H,W), NaN where unknown.
            uncertainty: estimator -> (H,W), high = worse, NaN where unknown.

        Returns:
            (H',W',3), of the same size at every call.
        """
        tiles = self._tiles(image, depth, uncertainty)
        tiles = [tile and tile._replace(pixels=within(tile.pixels, self.size)) for tile in tiles]
        if self._still is None:
            self._still = panel(tiles, self._head)
            self._places = layout_of(tiles, self._head).places
            return self._still.copy()
        drawn = self._still.copy()
        for tile, (left, top) in zip(tiles, self._places, strict=True):
            if tile is not None:
                pixels = fitted(tile.pixels, self.size)
                drawn[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
        return drawn

    def _tiles(
        self, image: NDArray[np.floating], depth: NDArray[np.floating], uncertainty: Mapping[str, NDArray[np.floating]]
    ) -> list[Tile | None]:
        each = [self._estimator(image, name, values) for name, values in uncertainty.items()]
        return [image_tile(image), self._depth.tile(depth, self._depth_title), *arranged(each)]

    def _estimator(self, image: NDArray[np.floating], name: str, values: NDArray[np.floating]) -> list[Tile]:
        tiles = [self._bars[name].tile(values, f"uncertainty {name}, high = worse")]
        if name in self.scale.trusted:
            with np.errstate(invalid="ignore"):
                keep = values <= self.scale.trusted[name]
            tiles.append(reject_tile(image, keep, self._reject_title, np.isfinite(values)))
        return tiles


class Painter:
    """Colours maps by a table: about five times as fast as `to_rgb`, and within one step of the table.

    Args:
        bar: which colours stand for which numbers; what lies outside has the colour of the end.
    """

    STEPS = 256

    def __init__(self, bar: Bar) -> None:
        self.bar = bar
        self._log = isinstance(bar.scale, LogNorm)
        low, high = float(bar.scale.vmin or 0), float(bar.scale.vmax or 0)
        self._ends = (low, high)
        self._from, self._to = (np.log(low), np.log(high)) if self._log else (low, high)
        colors = bar.colormap(np.arange(self.STEPS) / (self.STEPS - 1), bytes=True)[:, :3]
        self._table = np.concatenate([colors, np.array([UNKNOWN])]).astype(np.uint8)

    def __call__(self, values: NDArray[np.floating]) -> NDArray[np.uint8]:
        """(H,W) -> (H,W,3); NaN and infinite pixels become gray."""
        known = np.isfinite(values)
        values = np.clip(np.where(known, values, self._ends[0]).astype(np.float32), *self._ends)
        values = np.log(values) if self._log else values
        share = (values - self._from) / (self._to - self._from)
        step = np.rint(np.clip(share, 0, 1) * (self.STEPS - 1)).astype(np.intp)
        return self._table[np.where(known, step, self.STEPS)]

    def tile(self, values: NDArray[np.floating], title: str) -> Tile:
        """A map with its title and bar."""
        return Tile(title, self(values), self.bar)


def within(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture (h,w,3) as large as fits into (H,W), in the middle of gray."""
    if pixels.shape[:2] == size:
        return pixels
    factor = min(size[0] / pixels.shape[0], size[1] / pixels.shape[1])
    height, width = (max(1, min(most, round(side * factor))) for side, most in zip(pixels.shape[:2], size, strict=True))
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    canvas = np.full((*size, 3), UNKNOWN, dtype=np.uint8)
    canvas[top : top + height, left : left + width] = nearest(pixels, (height, width))
    return canvas
