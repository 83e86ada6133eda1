"""The albedo of every kind of surface, as functions of its texture coordinates, by name."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gradunc.data.sets.synthetic.primitives import Floats, Primitives
from gradunc.data.sets.synthetic.surface import Surface
from gradunc.data.sets.synthetic.textures import fractal, lattice, octaves, pulses, stripe, visibility

PLASTER = (*octaves(0.04, 5, 0.24), *octaves(1.28, 3, 0.1))
FINE = octaves(0.03, 6, 0.2)
LEAVES = octaves(0.05, 6, 0.36)
# A pixel on the ground covers far more along the street than across it, so round cells would vanish from
# 10 m on; stretched ones (tyre marks, joints, worn tracks) still show their sides.
GROUND = (*octaves(0.06, 4, 0.2), *octaves(0.06, 6, 0.18, stretch=5), *octaves(0.15, 4, 0.2, stretch=25))
DASH_PERIOD, DASH_DUTY, LINE = 9.0, 0.4, 0.14


@dataclass(frozen=True)
class Strip:
    """A strip of the ground along the street."""

    lo: float
    """Smallest x [m]."""
    hi: float
    """Largest x [m]."""
    colour: tuple[float, float, float]
    """Albedo."""
    dashed: bool = False
    """Broken along the street, as a lane marking is."""


def gather(values: Floats, surface: Surface) -> Floats:
    """The solids' values (N,k) at the points, as (k,n)."""
    return values[surface.solid].T


def grain(surface: Surface, solids: Primitives, layers: tuple) -> Floats:
    """(n,) factor of the albedo, about 1, from the layers of noise."""
    phase_u, phase_v = gather(solids.phase, surface)
    noise = fractal(surface.u + phase_u, surface.v + phase_v, surface.du, surface.dv, layers)
    return np.clip(1 + noise, np.float32(0.15), np.float32(1.9))


def mix(below: Floats, above: Floats | np.float32, share: Floats) -> Floats:
    """`above` painted over `below`, covering a share (n,) in [0,1]."""
    return below + share * (above - below)


def ground(surface: Surface, solids: Primitives, strips: tuple[Strip, ...]) -> Floats:
    """(3,n) strips of road, pavement and grass, with markings."""
    x, z = surface.point[0], surface.point[2]
    albedo = gather(solids.colour, surface)
    for strip in strips:
        share = stripe(x, surface.du, strip.lo, strip.hi)
        if strip.dashed:
            share = share * pulses(z, surface.dv, DASH_PERIOD, DASH_DUTY)
        albedo = mix(albedo, np.array(strip.colour, np.float32)[:, None], share)
    return albedo * grain(surface, solids, GROUND)


def facade(surface: Surface, solids: Primitives, strips: tuple[Strip, ...]) -> Floats:
    """(3,n) plaster with a grid of windows, each of its own brightness, and a plinth of the accent colour."""
    period_u, period_v = gather(solids.period, surface)
    u, v, du, dv = surface.u, surface.v - np.float32(0.9), surface.du, surface.dv
    albedo = gather(solids.colour, surface)
    plinth = stripe(surface.v, dv, -1.0, 0.7)
    cornice = pulses(v + np.float32(0.35), dv, period_v, 0.07)
    albedo = mix(albedo, gather(solids.accent, surface), np.maximum(plinth, cornice))
    frame = pulses(u - period_u * np.float32(0.22), du, period_u, 0.56) * pulses(v, dv, period_v, 0.62)
    pane = pulses(u - period_u * np.float32(0.27), du, period_u, 0.46) * pulses(
        v - np.float32(0.12), dv, period_v, 0.52
    )
    phase_u, phase_v = gather(solids.phase, surface)
    column, row = np.floor(u / period_u) + np.floor(phase_u), np.floor(v / period_v) + np.floor(phase_v)
    own = lattice(column.astype(np.int64), row.astype(np.int64))
    own = own * visibility(np.minimum(period_u / du, period_v / dv) / 2)
    glass = np.float32(0.2) + np.float32(0.15) * own
    walls = surface.axis != 1
    albedo = mix(albedo, np.float32(0.75), frame * walls)
    albedo = mix(albedo, glass, pane * walls)
    return albedo * grain(surface, solids, PLASTER)


def wall(surface: Surface, solids: Primitives, strips: tuple[Strip, ...]) -> Floats:
    """(3,n) courses of bricks or slabs of the size `period`, with joints of the accent colour."""
    period_u, period_v = gather(solids.period, surface)
    row = np.floor(surface.v / period_v)
    u = surface.u + period_u / 2 * (row % 2)
    joints = np.maximum(pulses(surface.v, surface.dv, period_v, 0.12), pulses(u, surface.du, period_u, 0.08))
    albedo = mix(gather(solids.colour, surface), gather(solids.accent, surface), joints)
    return albedo * grain(surface, solids, PLASTER)


def bodywork(surface: Surface, solids: Primitives, strips: tuple[Strip, ...]) -> Floats:
    """(3,n) a car's body: dark sill, wheels on the sides, lamps at the ends."""
    length = (solids.hi - solids.lo)[surface.solid].T
    u, v, du, dv = surface.u, surface.v, surface.du, surface.dv
    side, end = surface.axis == 0, surface.axis == 2
    extent = np.where(side, length[2], length[0])
    edge = np.minimum(u, extent - u)
    sill = stripe(v, dv, -1.0, 0.38) * (surface.axis != 1)
    reach = np.hypot(edge - np.float32(0.85), v - np.float32(0.33))
    wheel = np.clip((np.float32(0.36) - reach) / np.maximum(du, dv) + np.float32(0.5), 0, 1) * side
    albedo = mix(gather(solids.colour, surface), np.float32(0.09), np.maximum(sill, wheel))
    lamp = stripe(edge, du, 0.08, 0.42) * stripe(v, dv, 0.6, 0.82) * end
    albedo = mix(albedo, gather(solids.accent, surface), lamp)
    return albedo * grain(surface, solids, FINE)


def cabin(surface: Surface, solids: Primitives, strips: tuple[Strip, ...]) -> Floats:
    """(3,n) a car's windows: dark panes between pillars of the body's colour; the roof is all body."""
    pillars = np.maximum(pulses(surface.u, surface.du, gather(solids.period, surface)[0], 0.12), surface.axis == 1)
    albedo = mix(np.full_like(surface.point, 0.16), gather(solids.colour, surface), pillars)
    return albedo * grain(surface, solids, FINE)


def foliage(surface: Surface, solids: Primitives, strips: tuple[Strip, ...]) -> Floats:
    """(3,n) leaves: strong noise."""
    return gather(solids.colour, surface) * grain(surface, solids, LEAVES)


def plain(surface: Surface, solids: Primitives, strips: tuple[Strip, ...]) -> Floats:
    """(3,n) one colour with bands of the accent colour every `period` of height: trunks, posts, bins."""
    bands = pulses(surface.v, surface.dv, gather(solids.period, surface)[1], 0.2) * (surface.axis != 1)
    albedo = mix(gather(solids.colour, surface), gather(solids.accent, surface), bands)
    return albedo * grain(surface, solids, FINE)


MATERIALS: dict[str, Callable[[Surface, Primitives, tuple[Strip, ...]], Floats]] = {
    "ground": ground,
    "facade": facade,
    "wall": wall,
    "bodywork": bodywork,
    "cabin": cabin,
    "foliage": foliage,
    "plain": plain,
}
"""Name -> albedo (3,n) of n points of that material."""


def albedo(surface: Surface, solids: Primitives, strips: tuple[Strip, ...]) -> Floats:
    """(3,n) albedo in [0,1] of points on any solids."""
    result = np.zeros_like(surface.point)
    for name, material in MATERIALS.items():
        chosen = np.flatnonzero((solids.material == name)[surface.solid])
        if chosen.size:
            result[:, chosen] = material(surface.subset(chosen), solids, strips)
    return np.clip(result, np.float32(0.03), 1)
