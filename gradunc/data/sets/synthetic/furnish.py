"""Fills a plan with houses, gardens, parked cars, trees and traffic.

A side is built as if it lay at positive x; `mirror` turns it over for the other one.
"""

from collections.abc import Iterator
from dataclasses import replace

from numpy.random import Generator

from gradunc.data.sets.synthetic.camera import TRAVEL_TIME
from gradunc.data.sets.synthetic.layout import START, Layout, Roadside
from gradunc.data.sets.synthetic.objects import bin_, building, car, fence, post, tree
from gradunc.data.sets.synthetic.primitives import Primitive


def mirror(solids: list[Primitive]) -> list[Primitive]:
    """The solids with left and right exchanged."""
    return [replace(s, lo=(-s.hi[0], *s.lo[1:]), hi=(-s.lo[0], *s.hi[1:])) for s in solids]


def houses(rng: Generator, side: Roadside, end: float) -> Iterator[Primitive]:
    """The row of buildings of one side with its gaps and side streets, and the gardens before them."""
    z = START + rng.uniform(-5, 0)
    while z < end:
        length = rng.uniform(5, 24)
        stop = min(z + length, end)
        back = side.pavement + side.setback * rng.uniform(0, 1) ** 2
        if rng.random() >= side.openness:
            yield from building(rng, (back, back + rng.uniform(8, 14)), (z, stop), rng.uniform(3.5, 16))
        elif rng.random() < 0.6:
            far = side.pavement + rng.uniform(10, 32)
            yield from building(rng, (far, far + 10), (z, stop), rng.uniform(4, 14))
        if back > side.pavement + 1.5 and rng.random() < 0.6:
            yield from fence(rng, (side.pavement, side.pavement + 0.35), (z, stop), rng.uniform(0.6, 2.4))
        z = stop + (rng.uniform(2.5, 14) if rng.random() < side.openness else 0.0)


def parked(rng: Generator, side: Roadside, end: float) -> Iterator[Primitive]:
    """The cars on the parking strip."""
    if side.parking == side.road:
        return
    z = START + rng.uniform(0, 6)
    while z < end - 4:
        if rng.random() < side.crowding:
            yield from car(rng, (side.road + side.parking) / 2 + 0.05 + rng.uniform(0, 0.15), z)
        z += rng.uniform(6.8, 9)


def furniture(rng: Generator, side: Roadside, end: float) -> Iterator[Primitive]:
    """Trees, posts and bins on the pavement."""
    z = START + rng.uniform(0, 10)
    kinds = [tree, post, bin_]
    while z < end - 2:
        if rng.random() < side.planting:
            kind = kinds[rng.choice(3, p=[0.45, 0.3, 0.25])]
            x = side.parking + rng.uniform(0.35, max(0.4, side.pavement - side.parking - 0.35))
            yield from kind(rng, x, z)
        z += rng.uniform(3, 11)


def build_sides(rng: Generator, layout: Layout, end: float) -> list[Primitive]:
    """All that stands at the two sides of the street up to `end` [m]."""
    outer, inner = (
        [*houses(rng, side, end), *parked(rng, side, end), *furniture(rng, side, end)]
        for side in (layout.outer, layout.inner)
    )
    return [*outer, *mirror(inner)]


def traffic(rng: Generator, layout: Layout, speed: float, ahead: float) -> list[Primitive]:
    """Cars that drive: one or none before the camera, others on the opposite lane.

    Args:
        rng: source of all choices.
        layout: the plan.
        speed: of the camera [m/s].
        ahead: where the camera's lane is blocked, or the street ends [m].
    """
    solids: list[Primitive] = []
    # A little more than the camera's own time, for the temporal neighbours of the first and last view.
    time = TRAVEL_TIME + 0.5
    if rng.random() < 0.6:
        z, velocity = rng.uniform(10, 35), max(2.0, speed + rng.uniform(-1.5, 4.0))
        if abs(velocity - speed) > 0.5 and z + velocity * time + 5 < ahead:
            solids += car(rng, rng.uniform(-0.3, 0.3), z, velocity)
    if layout.two_way:
        # One speed for all, so that none runs into another.
        z, velocity = rng.uniform(6, 25), -rng.uniform(4, 9)
        while z + 5 < ahead:
            solids += car(rng, -layout.lane + rng.uniform(-0.3, 0.2), z, velocity)
            z += rng.uniform(14, 50)
    return solids
