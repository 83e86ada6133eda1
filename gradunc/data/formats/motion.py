"""How far a picture has moved since another one, and whether both show the same scene. Needs numpy only.

Pictures are cut into square tiles, and each tile is registered by phase correlation (Kuglin and Hines, "The phase
correlation image alignment method", 1975): the inverse transform of the normalised cross-power spectrum has a peak at
the shift. The spectrum is weighted by a Gaussian, so that the peak is one too: noise, which is white, weighs less, and
a parabola through the logarithms of the peak and its neighbours finds fractions of a pixel.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.float32]
"""(H,W) in 0..255."""

LONGEST = 256
"""Longer side of the pictures to compare [px]: fine enough for a motion of 0.2% of it, and cheap."""

TILE = 64
"""Side of a tile: shifts up to half of it, 1/8 of a picture, are found."""

BLUR = 1.0
"""Standard deviation of the peak [px]."""

UNRELATED = 0.2
"""Height of the median peak below which pictures do not match. Measured: 0.13 to 0.14 between unrelated pictures or
views of other walls of one room, 0.2 and more up to shifts of 10% and for KITTI frames 1 s apart, 1 for a copy."""

ALIKE = 0.75
"""Correlation of coarse pictures below which successive ones may show different scenes. Measured: at least 0.98 between
successive frames of KITTI (10 Hz) and of a hand-held camera (30 Hz), -0.1 to 0.65 across cuts."""

STILL = 0.95
"""The same, above which pictures without a match stand still in noise."""

BLANK = 2.0
"""Contrast (standard deviation of gray values in the median tile) below which a picture shows nothing."""


class Motion(NamedTuple):
    """What became of a picture."""

    shift: float
    """Median length of the tiles' shifts, as share of the longer side."""
    match: float
    """Median height of the tiles' peaks: about 1 for the same picture, below `UNRELATED` where nothing matches."""


def motion(one: Gray, other: Gray) -> Motion:
    """Compare two pictures of the same size, see `LONGEST`.

    The median ignores single objects that move on their own. It does not tell turning from moving: a camera that only
    turns has a shift, but no parallax. Under pure zoom or forward motion tiles are blurred, and the shift comes out up
    to a fifth too small.

    >>> picture = np.random.default_rng(0).uniform(0, 255, (64, 128)).astype(np.float32)
    >>> round(motion(picture[:, :-2], picture[:, 2:]).shift * 126, 1)
    2.0
    """
    down, across, peak = tile_shifts(_tiles(one), _tiles(other))
    return Motion(float(np.median(np.hypot(down, across))) / max(one.shape), float(np.median(peak)))


def tile_shifts(first: Gray, second: Gray) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """How far the content of tiles (N,h,w) has moved in the other ones [px], and how well both match.

    Returns:
        (N,) down, (N,) to the right, and (N,) the height of the peak: 1 for a copy, below `UNRELATED` for no match.
    """
    window = np.hanning(first.shape[1])[:, None] * np.hanning(first.shape[2])
    cross = np.conj(_spectrum(first, window)) * _spectrum(second, window)
    response = np.fft.irfft2(cross / (np.abs(cross) + 1e-9) * _weight(first.shape[1:]), s=first.shape[1:])
    return _peaks(response * (2 * np.pi * BLUR**2))


def is_cut(before: Gray, after: Gray) -> bool:
    """Whether two successive pictures show different scenes: no tile is found again, and the coarse pictures differ.

    A whip pan that no registration follows counts as a cut too.
    """
    return likeness(before, after) < ALIKE and motion(before, after).match < UNRELATED


def has_moved(reference: Gray, picture: Gray, least: float) -> bool:
    """Whether the camera has moved by at least a share of the longer side, or so far that nothing is found again."""
    moved = motion(reference, picture)
    if moved.match < UNRELATED:
        return likeness(reference, picture) < STILL
    return moved.shift >= least


def likeness(one: Gray, other: Gray) -> float:
    """Correlation coefficient of two pictures averaged to cells of 1/24 of the longer side; 1 if one is flat."""
    a, b = _coarse(one), _coarse(other)
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / norm if norm > 1e-6 else 1.0


def is_blank(picture: Gray) -> bool:
    """Whether a picture is too dark or too even for anything to be seen in it."""
    return float(np.median(_tiles(picture).std((1, 2)))) < BLANK


def _tiles(picture: Gray) -> Gray:
    """(N,h,w) squares that cover the picture evenly; smaller than `TILE` where the picture is."""
    height, width = (min(TILE, side) for side in picture.shape)
    rows, columns = (
        np.linspace(0, side - tile, -(-side // tile)).astype(int)
        for side, tile in zip(picture.shape, (height, width), strict=True)
    )
    return np.stack([picture[y : y + height, x : x + width] for y in rows for x in columns])


def _spectrum(tiles: Gray, window: NDArray[np.float64]) -> NDArray[np.complex128]:
    return np.fft.rfft2((tiles - tiles.mean((1, 2), keepdims=True)) * window)


def _weight(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Transform of a Gaussian of standard deviation `BLUR`."""
    squared = np.fft.fftfreq(shape[0])[:, None] ** 2 + np.fft.rfftfreq(shape[1]) ** 2
    return np.exp(-((2 * np.pi * BLUR) ** 2) * squared / 2)


def _peaks(response: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Position (down, right) and height of the highest point of each (N,h,w); beyond the middle it is negative."""
    count, height, width = response.shape
    tile = np.arange(count)
    y, x = np.unravel_index(response.reshape(count, -1).argmax(1), (height, width))
    middle = response[tile, y, x]
    down = _signed(y, height) + _vertex(response[tile, y - 1, x], middle, response[tile, (y + 1) % height, x])
    across = _signed(x, width) + _vertex(response[tile, y, x - 1], middle, response[tile, y, (x + 1) % width])
    return down, across, middle


def _signed(position: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    return (position + size // 2) % size - size // 2


def _vertex(before: NDArray[np.float64], peak: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where, within half a pixel, the parabola through three logarithms is highest."""
    a, b, c = (np.log(np.maximum(values, 1e-6)) for values in (before, peak, after))
    bend = np.minimum(a - 2 * b + c, -1e-9)
    return np.clip((a - c) / (2 * bend), -0.5, 0.5)


def _coarse(picture: Gray) -> NDArray[np.float64]:
    """Means of square cells."""
    cell = max(1, min(max(picture.shape) // 24, *picture.shape))
    height, width = (side // cell for side in picture.shape)
    cropped = picture[: height * cell, : width * cell]
    return cropped.reshape(height, cell, width, cell).mean((1, 3), dtype=np.float64)
