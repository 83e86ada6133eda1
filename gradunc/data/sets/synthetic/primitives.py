"""The solids of the world, as arrays, and the interval in which a ray is inside one."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
"""Arrays of single precision; the type says no more than floating, as numpy's stubs widen results."""


@dataclass(frozen=True)
class Primitive:
    """One solid: an axis-aligned box, or the vertical cylinder that touches the walls of that box."""

    lo: tuple[float, float, float]
    """Corner with the smallest coordinates [m]; y points down, so its y is the top."""
    hi: tuple[float, float, float]
    """Corner with the largest coordinates [m]."""
    material: str
    """A key of `materials.MATERIALS`."""
    colour: tuple[float, float, float]
    """Main albedo, RGB in [0,1]."""
    accent: tuple[float, float, float] = (0.1, 0.1, 0.1)
    """Second albedo: windows, sills."""
    period: tuple[float, float] = (3.0, 3.0)
    """Width and height of one cell of the pattern [m]."""
    phase: tuple[float, float] = (0.0, 0.0)
    """Where in the noise this solid's texture starts [m]."""
    velocity: float = 0.0
    """Along the street [m/s]; not 0 = an independently moving object."""
    round: bool = False
    """True: a vertical cylinder."""


@dataclass(frozen=True)
class Primitives:
    """N solids, one array per field of `Primitive`."""

    lo: Floats
    hi: Floats
    material: NDArray[np.str_]
    colour: Floats
    accent: Floats
    period: Floats
    phase: Floats
    velocity: Floats
    round: NDArray[np.bool_]

    @classmethod
    def stack(cls, solids: Sequence[Primitive]) -> "Primitives":
        """The arrays of a list of solids, in its order."""
        columns: dict[str, Any] = {f.name: np.array([getattr(s, f.name) for s in solids]) for f in fields(cls)}
        return cls(**{name: c.astype(np.float32) if c.dtype.kind == "f" else c for name, c in columns.items()})

    def at(self, time: float) -> "Primitives":
        """The same solids, the moving ones where they are at a time [s]."""
        shift = np.zeros_like(self.lo)
        shift[:, 2] = self.velocity * np.float32(time)
        return replace(self, lo=self.lo + shift, hi=self.hi + shift)

    def select(self, keep: NDArray[np.bool_]) -> "Primitives":
        """The solids where `keep` (N,) is True."""
        return Primitives(**{field.name: getattr(self, field.name)[keep] for field in fields(self)})


def invert(direction: Floats) -> Floats:
    """1 / direction, large instead of infinite where a ray runs along an axis."""
    return np.float32(1.0) / np.where(np.abs(direction) < 1e-9, np.float32(1e-9), direction)


def slab(origin: Floats, inverse: Floats, lo: np.float32, hi: np.float32) -> tuple[Floats, Floats]:
    """Where rays enter and leave the space between two parallel planes, in units of their direction."""
    first, second = (lo - origin) * inverse, (hi - origin) * inverse
    return np.minimum(first, second), np.maximum(first, second)


def box_interval(origin: Floats, inverse: Floats, lo: Floats, hi: Floats) -> tuple[Floats, Floats]:
    """Where rays enter and leave one box; a ray misses it where enter > leave.

    Args:
        origin: (3,...) start of the rays, broadcastable to `inverse` [m].
        inverse: (3,...) inverse of the direction of the rays.
        lo: (3,) smallest corner.
        hi: (3,) largest corner.
    """
    enter, leave = slab(origin[0], inverse[0], lo[0], hi[0])
    for axis in (1, 2):
        near, far = slab(origin[axis], inverse[axis], lo[axis], hi[axis])
        enter, leave = np.maximum(enter, near), np.minimum(leave, far)
    return enter, leave


def mantle_interval(origin: Floats, direction: Floats, lo: Floats, hi: Floats) -> tuple[Floats, Floats]:
    """Where rays enter and leave the endless vertical cylinder in the box; (inf, -inf) where they miss."""
    radius = (hi[0] - lo[0]) / 2
    x, z = origin[0] - (lo[0] + hi[0]) / 2, origin[2] - (lo[2] + hi[2]) / 2
    dx, dz = direction[0], direction[2]
    a = dx * dx + dz * dz
    b = x * dx + z * dz
    # The squared distance of axis and ray, from a cross product: b*b - a*c would cancel far away.
    cross = x * dz - z * dx
    discriminant = a * radius * radius - cross * cross
    root = np.sqrt(np.maximum(discriminant, 0))
    miss = discriminant <= 0
    enter, leave = (-b - root) / a, (-b + root) / a
    return np.where(miss, np.float32(np.inf), enter), np.where(miss, np.float32(-np.inf), leave)


def interval(
    origin: Floats, direction: Floats, inverse: Floats, solids: Primitives, index: int
) -> tuple[Floats, Floats]:
    """Where rays enter and leave one solid; see `box_interval` for the shapes."""
    lo, hi = solids.lo[index], solids.hi[index]
    if not solids.round[index]:
        return box_interval(origin, inverse, lo, hi)
    near, far = slab(origin[1], inverse[1], lo[1], hi[1])
    enter, leave = mantle_interval(origin, direction, lo, hi)
    return np.maximum(enter, near), np.minimum(leave, far)
