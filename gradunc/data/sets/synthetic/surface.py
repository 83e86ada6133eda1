"""What a ray has hit: the point, its normal, its texture coordinates and the pixel's footprint there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradunc.data.sets.synthetic.primitives import Floats, Primitives, invert, slab


@dataclass(frozen=True)
class Surface:
    """n points on solids."""

    solid: NDArray[np.int64]
    """(n,) index of the solid."""
    point: Floats
    """(3,n) in the world [m]."""
    normal: Floats
    """(3,n) unit length, outwards."""
    u: Floats
    """(n,) along the surface from the solid's edge [m]; moves with the solid."""
    v: Floats
    """(n,) height above the ground on walls, second horizontal coordinate elsewhere [m]."""
    du: Floats
    """(n,) extent of the pixel along u [m]."""
    dv: Floats
    """(n,) extent of the pixel along v [m]."""
    axis: NDArray[np.int64]
    """(n,) axis of the normal: 0 and 2 walls, 1 horizontal, 3 the mantle of a cylinder."""

    def subset(self, chosen: NDArray[np.int64]) -> "Surface":
        """The points of the given indices."""
        return Surface(
            **{name: value[..., chosen] for name, value in vars(self).items()},
        )


def face_axis(origin: Floats, direction: Floats, solids: Primitives, solid: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) through which kind of face each ray enters its solid; see `Surface.axis`."""
    inverse = invert(direction)
    lo, hi = solids.lo[solid].T, solids.hi[solid].T
    nears = np.stack([slab(origin[k], inverse[k], lo[k], hi[k])[0] for k in range(3)])
    axis = nears.argmax(axis=0)
    mantle = np.flatnonzero(solids.round[solid])
    if mantle.size:
        axis[mantle] = 3
        # On a cap the ray crosses the plane of the cap inside the circle.
        at = origin[:, None] + nears[1, mantle] * direction[:, mantle]
        centre, radius = (lo[:, mantle] + hi[:, mantle]) / 2, (hi[0, mantle] - lo[0, mantle]) / 2
        inside = (at[0] - centre[0]) ** 2 + (at[2] - centre[2]) ** 2 < radius**2
        axis[mantle[inside]] = 1
    return axis


def locate(
    origin: Floats,
    direction: Floats,
    distance: Floats,
    steps: Floats,
    solids: Primitives,
    solid: NDArray[np.int64],
) -> Surface:
    """The surface points hit by n rays.

    Args:
        origin: (3,) camera centre.
        direction: (3,n) of length 1 along the camera's z.
        distance: (n,) depth along the camera's z [m].
        steps: (3,2) change of the direction from one pixel to the next in x and in y.
        solids: all solids.
        solid: (n,) the one each ray has hit.
    """
    point = origin[:, None] + distance * direction
    axis = face_axis(origin, direction, solids, solid)
    centre = (solids.lo[solid].T + solids.hi[solid].T) / 2
    outward = point - centre
    normal = np.zeros_like(point)
    for k in range(3):
        face = axis == k
        normal[k, face] = -np.sign(direction[k, face])
    mantle = axis == 3
    normal[0::2, mantle] = outward[0::2, mantle] / np.hypot(outward[0, mantle], outward[2, mantle])

    # Along a wall u runs horizontally, at a right angle to the normal, and v is the height; on the ground and
    # on roofs they are x and z.
    tangent_x = np.where(axis == 1, 1, normal[2])
    tangent_z = np.where(axis == 1, 0, -normal[0])
    facing = (direction * normal).sum(axis=0)
    spread_u, spread_v = np.zeros_like(distance), np.zeros_like(distance)
    for step in steps.T:
        # Moving the ray by one pixel moves the hit point within the plane of the surface.
        slope = (step @ normal) / facing
        move = distance * (step[:, None] - direction * slope)
        spread_u += np.abs(move[0] * tangent_x + move[2] * tangent_z)
        spread_v += np.abs(np.where(axis == 1, move[2], move[1]))

    corner = solids.lo[solid].T
    u = np.where(axis == 0, point[2] - corner[2], point[0] - corner[0])
    radius = (solids.hi[solid, 0] - corner[0]) / 2
    u = np.where(mantle, radius * np.arctan2(outward[0], outward[2]), u).astype(np.float32)
    v = np.where(axis == 1, point[2] - corner[2], -point[1])
    tiny = np.float32(1e-4)
    return Surface(solid, point, normal, u, v, np.maximum(spread_u, tiny), np.maximum(spread_v, tiny), axis)
