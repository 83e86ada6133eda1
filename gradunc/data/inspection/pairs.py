"""Where the places of one stereo view lie in the other: on the same rows, if the pair is rectified. Needs numpy only.

Square tiles are registered by phase correlation (`formats.motion`), coarse to fine: tiles of a reduced pair find large
shifts, tiles of the pair itself, cut where the coarse ones have found them, fractions of a pixel.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradunc.data.formats.motion import Gray, tile_shifts

LONGEST = 768
"""Longer side of the pairs to compare [px]."""

TILE = 64
"""Largest side of a tile [px]."""

SMALLEST = 16
"""Shorter side that pairs need [px]."""

REDUCTION = 4
"""Largest reduction of the coarse pair; with it, shifts up to 1/6 of the width of 768 are found."""

MATCHED = 0.3
"""Height of the peak from which a tile counts. Measured: 0.13 to 0.2 where nothing matches, median 0.5 for KITTI."""

FLAT = 4.0
"""Contrast (standard deviation of gray values) below which a tile shows nothing."""

LEAST_TILES = 8
"""Tiles that must match for a pair to be judged."""

ASIDE = 0.5
"""Shift from which the side of a place counts [px]."""


@dataclass(frozen=True)
class PairShifts:
    """Where the matched tiles of one view lie in the other [px]."""

    x: NDArray[np.float64]
    """(N,) columns of their centres, from the middle of the image."""
    down: NDArray[np.float64]
    """(N,) how much lower they lie in the other view: 0 for a rectified pair."""
    right: NDArray[np.float64]
    """(N,) how much further right; below 0 for the view from the right."""

    def wrong_side(self, direction: float) -> float:
        """Share of the tiles beyond the `ASIDE` on the other side than `direction`; 0 if too few are beyond it."""
        aside = self.right[np.abs(self.right) > ASIDE]
        return float(np.mean(aside * direction < 0)) if len(aside) >= LEAST_TILES else 0.0

    def roll(self) -> float:
        """Rotation of the other view about its axis [degrees]: the slope of `down` over x, by medians (Theil-Sen)."""
        first, second = np.triu_indices(len(self.x), 1)
        apart = np.abs(self.x[second] - self.x[first]) > np.ptp(self.x) / 4
        if not apart.any():
            return 0.0
        first, second = first[apart], second[apart]
        slopes = (self.down[second] - self.down[first]) / (self.x[second] - self.x[first])
        return float(np.degrees(np.arctan(np.median(slopes))))

    def scaled(self, factor: float) -> "PairShifts":
        """The same in pixels of an image that is larger by a factor."""
        return PairShifts(self.x * factor, self.down * factor, self.right * factor)


def pair_shifts(view: Gray, other: Gray) -> PairShifts | None:
    """Compare two views (H,W) of one size, at most `LONGEST` on their longer side; None if too little matches.

    >>> picture = np.random.default_rng(0).uniform(0, 255, (200, 300)).astype(np.float32)
    >>> found = pair_shifts(picture[5:165, :240], picture[:160, 10:250])
    >>> np.round(np.median(found.down), 1).item(), np.round(np.median(found.right), 1).item()
    (5.0, -10.0)
    """
    if min(view.shape) < SMALLEST:
        return None
    corners, down, right = _coarse(view, other)
    side = min(min(view.shape) // 2, TILE)
    firsts, seconds, places, shifts = [], [], [], []
    for row, column in _grid(view.shape, side, 3 * side // 4):
        nearest = np.abs(corners - (row + side / 2, column + side / 2)).max(1).argmin()
        y, x = row + round(float(down[nearest])), column + round(float(right[nearest]))
        if not (0 <= y <= view.shape[0] - side and 0 <= x <= view.shape[1] - side):
            continue
        firsts.append(view[row : row + side, column : column + side])
        seconds.append(other[y : y + side, x : x + side])
        places.append(column + side / 2 - view.shape[1] / 2)
        shifts.append((y - row, x - column))
    if len(firsts) < LEAST_TILES:
        return None
    tiles, moved = np.stack(firsts), np.array(shifts)
    finer, aside, peak = tile_shifts(tiles, np.stack(seconds))
    kept = (peak >= MATCHED) & (tiles.std((1, 2)) >= FLAT)
    if kept.sum() < LEAST_TILES:
        return None
    return PairShifts(np.array(places)[kept], (moved[:, 0] + finer)[kept], (moved[:, 1] + aside)[kept])


def _coarse(view: Gray, other: Gray) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Centres (N,2) of large tiles (row, column), and how far down and right each lies in the other view (N,) [px]."""
    factor = int(np.clip(min(view.shape) // 32, 1, REDUCTION))
    small, smaller = _reduced(view, factor), _reduced(other, factor)
    side = min(TILE, *small.shape)
    corners = _grid(small.shape, side, side // 2)
    cut = [np.stack([one[y : y + side, x : x + side] for y, x in corners]) for one in (small, smaller)]
    down, right, peak = tile_shifts(*cut)
    kept = peak >= min(MATCHED, peak.max())
    centres = (np.array(corners) + side / 2) * factor
    return centres[kept], down[kept] * factor, right[kept] * factor


def _grid(size: tuple[int, ...], side: int, step: int) -> list[tuple[int, int]]:
    """Corners (row, column) of squares that cover an image evenly, at most `step` apart."""
    rows, columns = (
        np.linspace(0, length - side, -(-(length - side) // max(step, 1)) + 1).astype(int).tolist()
        for length in size[:2]
    )
    return [(row, column) for row in rows for column in columns]


def _reduced(picture: Gray, factor: int) -> Gray:
    """Means of squares of `factor` pixels."""
    height, width = (side // factor for side in picture.shape)
    cropped = picture[: height * factor, : width * factor]
    return cropped.reshape(height, factor, width, factor).mean((1, 3))
