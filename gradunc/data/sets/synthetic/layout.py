"""The plan of a street: where its lanes, pavements and building lines run."""

from dataclasses import dataclass

from numpy.random import Generator

from gradunc.data.sets.synthetic.materials import LINE, Strip
from gradunc.data.sets.synthetic.objects import colour

START, END = -14.0, 130.0
"""The built stretch of the street along z [m]."""
STRIP = 2.1
"""Width of a parking strip [m]."""


@dataclass(frozen=True)
class Roadside:
    """One side of the street, in metres from the middle of the camera's lane, growing outwards."""

    road: float
    """Edge of the moving traffic."""
    parking: float
    """Outer edge of the parking strip; equal to `road` where there is none."""
    pavement: float
    """Outer edge of the pavement, where gardens and houses begin."""
    crowding: float
    """Share of the parking places that are taken."""
    openness: float
    """Chance of a gap after a building; 1 = nothing is built near."""
    setback: float
    """Largest distance of a house from the pavement [m]."""
    planting: float
    """Chance of a tree or post every few metres of pavement."""


@dataclass(frozen=True)
class Layout:
    """The plan of one street; the camera's lane is centred at x = 0, the opposite one on the inner side."""

    inner: Roadside
    """The side across the opposite lane, if there is one."""
    outer: Roadside
    """The side next to the camera's lane."""
    lane: float
    """Width of a lane [m]."""
    two_way: bool
    """There is an opposite lane."""
    strips: tuple[Strip, ...]
    """What is painted on the ground, as if the inner side were at negative x."""


def draw_side(rng: Generator, road: float) -> Roadside:
    """A random side whose traffic ends at `road` [m]."""
    parking = road + (STRIP if rng.random() < 0.65 else 0.0)
    pavement = parking + rng.choice([rng.uniform(1.0, 2.5), rng.uniform(2.5, 7.0)])
    openness = float(rng.choice([0.1, 0.3, 0.6, 1.0], p=[0.35, 0.3, 0.2, 0.15]))
    setback = float(rng.choice([0.3, 3.0, 9.0], p=[0.45, 0.3, 0.25]))
    return Roadside(
        road,
        parking,
        float(pavement),
        float(rng.uniform(0, 0.95)),
        openness,
        setback,
        float(rng.uniform(0, 0.7)),
    )


def draw_layout(rng: Generator) -> Layout:
    """A random plan."""
    lane = float(rng.uniform(3.2, 4.0))
    two_way = bool(rng.random() < 0.75)
    outer = draw_side(rng, lane / 2 + rng.uniform(0.3, 0.8))
    inner = draw_side(rng, lane / 2 + lane * two_way + rng.uniform(0.3, 0.8))
    asphalt, paving = colour(rng, 0.22, 0.42, 0.03), colour(rng, 0.4, 0.62, 0.05)
    paint = colour(rng, 0.8, 0.9, 0.02)
    strips = [
        Strip(-inner.pavement, outer.pavement, paving),
        Strip(-inner.parking - 0.12, outer.parking + 0.12, colour(rng, 0.55, 0.7, 0.03)),
        Strip(-inner.parking, outer.parking, colour(rng, 0.25, 0.5, 0.04)),
        Strip(-inner.road, outer.road, asphalt),
    ]
    if two_way:
        strips.append(Strip(-lane / 2 - LINE / 2, -lane / 2 + LINE / 2, paint, dashed=bool(rng.random() < 0.7)))
    if rng.random() < 0.6:
        strips.append(Strip(outer.road - 0.3, outer.road - 0.3 + LINE, paint))
    return Layout(inner, outer, lane, two_way, tuple(strips))
