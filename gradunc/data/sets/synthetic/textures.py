"""Band-limited patterns: whatever is finer than a pixel's footprint fades to its mean, so nothing aliases."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradunc.data.sets.synthetic.primitives import Floats

TABLE_BITS = 8
TABLE = np.random.Generator(np.random.PCG64(20240)).uniform(-1, 1, 4**TABLE_BITS).astype(np.float32)
"""One period of the lattice of the noise: 256 x 256 values in [-1,1]."""


class Octave(NamedTuple):
    """One layer of noise."""

    width: float
    """Cell size along u [m]."""
    height: float
    """Cell size along v [m]."""
    amplitude: float
    """Largest value."""


def octaves(finest: float, count: int, amplitude: float, stretch: float = 1.0) -> tuple[Octave, ...]:
    """`count` layers, each twice as coarse as the one before; cells are `stretch` times as high as wide."""
    return tuple(Octave(finest * 2**k, finest * 2**k * stretch, amplitude) for k in range(count))


def lattice(i: NDArray[np.int64], j: NDArray[np.int64]) -> Floats:
    """The random value in [-1,1] of each lattice point."""
    mask = 2**TABLE_BITS - 1
    return TABLE.take(((i & mask) << TABLE_BITS) | (j & mask))


def value_noise(u: Floats, v: Floats) -> Floats:
    """Smooth noise in [-1,1] with cells of size 1."""
    fi, fj = np.floor(u), np.floor(v)
    a, b = u - fi, v - fj
    a, b = a * a * (3 - 2 * a), b * b * (3 - 2 * b)
    i, j = fi.astype(np.int64), fj.astype(np.int64)
    left = lattice(i, j) * (1 - b) + lattice(i, j + 1) * b
    right = lattice(i + 1, j) * (1 - b) + lattice(i + 1, j + 1) * b
    return left * (1 - a) + right * a


def visibility(cells: Floats) -> Floats:
    """How much of a pattern is left whose cells are so many pixels wide: none below 1, all from 2.5."""
    return np.clip((cells - 1) / np.float32(1.5), 0, 1)


def fractal(u: Floats, v: Floats, du: Floats, dv: Floats, layers: Sequence[Octave]) -> Floats:
    """(n,) sum of the layers of noise, each faded by the footprint (du, dv) of the pixel [m]."""
    total = np.zeros_like(u)
    for number, (width, height, amplitude) in enumerate(layers):
        weight = visibility(np.minimum(np.float32(width) / du, np.float32(height) / dv))
        seen = np.flatnonzero(weight)
        if seen.size:
            # The offset keeps the lattice points of two layers from falling together.
            noise = value_noise(u[seen] / np.float32(width) + 17 * number, v[seen] / np.float32(height))
            total[seen] += np.float32(amplitude) * weight[seen] * noise
    return total


def stripe(x: Floats, footprint: Floats, lo: float | Floats, hi: float | Floats) -> Floats:
    """(n,) share of the footprint about x that lies between lo and hi."""
    return np.maximum(np.minimum(x + footprint / 2, hi) - np.maximum(x - footprint / 2, lo), 0) / footprint


def pulses(x: Floats, footprint: Floats, period: float | Floats, duty: float | Floats) -> Floats:
    """(n,) share of the footprint about x inside a train of pulses, the first `duty` of each period."""

    def integral(t: Floats) -> Floats:
        whole = np.floor(t)
        return whole * duty + np.minimum(t - whole, duty)

    width = np.maximum(footprint / period, np.float32(1e-3))
    centre = x / period
    return np.clip((integral(centre + width / 2) - integral(centre - width / 2)) / width, 0, 1)
