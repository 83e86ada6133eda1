"""What the colours of a film mean: taken from the whole film, or, where that is not known yet, as it goes on."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from gradunc.prediction.maps import Maps
from gradunc.visualization.colormaps import Limits, robust_limits
from gradunc.visualization.film import FilmScale

PICTURES, PIXELS = 64, 4096
"""How many pictures of a film, evenly spread, and how many pixels of each decide its scale."""
MEMORY = 50
"""Pictures after which a scale that goes on forgets: what is older weighs 1/e."""


class RunningScale:
    """A scale that follows the pictures slowly: percentiles of each picture, averaged with weights that decay.

    Args:
        reject: share of the most uncertain pixels that are marked; 0 marks none.
    """

    def __init__(self, reject: float) -> None:
        self._reject = reject
        self._ends: dict[str, NDArray[np.float64]] = {}
        self._seen = 0

    def take(self, maps: Maps) -> FilmScale:
        """The scale after one more picture."""
        self._seen += 1
        weight = max(1 / self._seen, 1 / MEMORY)
        for name, values in {"": maps.depth, **maps.uncertainty}.items():
            found = np.array(_ends(_sample(values), self._reject))
            before = self._ends.get(name, found)
            self._ends[name] = before + weight * (found - before)
        return _scale(self._ends, self._reject)


def film_scale(pictures: Iterable[Maps], reject: float) -> FilmScale:
    """The scale of a whole film: the 5 and 95 percentiles of the pixels of some of its pictures taken together.

    Args:
        pictures: maps of some pictures, see `spread`.
        reject: share of the most uncertain pixels that are marked; 0 marks none.
    """
    pooled: dict[str, list[NDArray[np.float32]]] = {}
    for maps in pictures:
        for name, values in {"": maps.depth, **maps.uncertainty}.items():
            pooled.setdefault(name, []).append(_sample(values))
    ends = {name: np.array(_ends(np.concatenate(parts), reject)) for name, parts in pooled.items()}
    return _scale(ends, reject)


def spread(count: int, most: int = PICTURES) -> list[int]:
    """Places of at most `most` of `count` pictures, evenly spread, first and last among them.

    >>> spread(9, 3), spread(2, 3)
    ([0, 4, 8], [0, 1])
    """
    return sorted({round(place) for place in np.linspace(0, count - 1, min(count, most)).tolist()})


def _scale(ends: Mapping[str, NDArray[np.float64]], reject: float) -> FilmScale:
    limits = {name: Limits(float(found[0]), float(found[1])) for name, found in ends.items()}
    trusted = {name: float(found[2]) for name, found in ends.items() if name and reject}
    return FilmScale(limits.pop(""), limits, trusted)


def _ends(values: NDArray[np.float32], reject: float) -> tuple[float, float, float]:
    """Ends of a scale, and what only the share `reject` of the finite values lies above."""
    known = values[np.isfinite(values)]
    low, high = robust_limits(values)
    return low, high, float(np.percentile(known, 100 * (1 - reject))) if known.size else 0.0


def _sample(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Pixels of a map, evenly spread: the same ones for maps of the same size."""
    flat = values.reshape(-1)
    # A step that shares no factor with the width visits all columns.
    step = max(1, flat.size // PIXELS)
    while step > 1 and np.gcd(step, values.shape[1]) > 1:
        step -= 1
    return flat[::step]
