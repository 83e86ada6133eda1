"""One scene: its solids, its light and the camera's way, all drawn from one seed."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from gradunc.data.sets.synthetic.camera import TRAVEL_TIME, Oscillation, Trajectory
from gradunc.data.sets.synthetic.furnish import build_sides, mirror, traffic
from gradunc.data.sets.synthetic.layout import END, draw_layout
from gradunc.data.sets.synthetic.materials import Strip
from gradunc.data.sets.synthetic.objects import building, car, colour, fence, phase
from gradunc.data.sets.synthetic.primitives import Floats, Primitive, Primitives

SPLITS = {"train": 0, "val": 1, "test": 2}
"""The split's part of a scene's seed."""


@dataclass(frozen=True)
class Scene:
    """A street with everything in it."""

    solids: Primitives
    """The ground first, then all others, at time 0."""
    strips: tuple[Strip, ...]
    """What is painted on the ground."""
    sun: Floats
    """(3,) unit vector towards the sun."""
    sunlight: Floats
    """(3,) RGB irradiance on a surface that faces the sun."""
    skylight: Floats
    """(3,) RGB irradiance from everywhere."""
    zenith: Floats
    """(3,) RGB of the sky overhead."""
    haze: Floats
    """(3,) RGB of the sky at the horizon."""
    trajectory: Trajectory


def draw_trajectory(rng: Generator) -> Trajectory:
    """A random way of the camera."""

    def swing(mean: float, amplitude: float) -> Oscillation:
        return Oscillation(mean, amplitude, float(rng.uniform(0.8, 2.5)), float(rng.uniform(0, 2 * np.pi)))

    return Trajectory(
        speed=float(rng.uniform(5, 9)),
        lateral=swing(rng.uniform(-0.4, 0.4), rng.uniform(0.02, 0.15)),
        height=swing(rng.uniform(1.45, 1.75), 0.02),
        yaw=swing(np.radians(rng.uniform(-10.5, 10.5)), np.radians(rng.uniform(0.2, 1.5))),
        pitch=swing(np.radians(rng.uniform(-2.0, 1.0)), np.radians(rng.uniform(0.1, 0.6))),
    )


def draw_light(rng: Generator) -> dict[str, Floats]:
    """Random sun and sky: the fields of `Scene` of the same names."""
    azimuth, elevation = rng.uniform(0, 2 * np.pi), np.radians(rng.uniform(25, 60))
    sun = (np.cos(elevation) * np.sin(azimuth), -np.sin(elevation), np.cos(elevation) * np.cos(azimuth))
    warmth, strength = rng.uniform(0, 0.1), rng.uniform(0.45, 0.7)
    values = {
        "sun": sun,
        "sunlight": strength * np.array([1 + warmth, 1.0, 1 - warmth]),
        "skylight": rng.uniform(0.6, 0.75) * np.array([1 - warmth / 2, 1.0, 1 + warmth]),
        "zenith": np.array(colour(rng, 0.5, 0.7, 0.03)) * (0.75, 0.95, 1.3),
        "haze": np.array(colour(rng, 0.75, 0.9, 0.02)),
    }
    return {name: np.asarray(value, dtype=np.float32) for name, value in values.items()}


def draw_obstacles(rng: Generator, start: float, end: float) -> list[Primitive]:
    """What may stand in the camera's lane between two z [m], out of its reach."""
    z = start + rng.uniform(5, 45)
    if rng.random() > 0.45 or z > end - 4:
        return []
    if rng.random() < 0.7:
        return car(rng, rng.uniform(-0.9, 0.9), z)
    half = rng.uniform(0.8, 2.0)
    return fence(rng, (-half, half), (z, z + 0.6), rng.uniform(0.8, 2.5))


def generate(seed: int, split: str, index: int) -> Scene:
    """The scene of a number in a split; the same arguments give the same scene, whatever was drawn before.

    The moving objects have their own random numbers, so that leaving them out changes nothing else.
    """
    static, driving = (np.random.default_rng(s) for s in np.random.SeedSequence((seed, SPLITS[split], index)).spawn(2))
    layout, trajectory, light = draw_layout(static), draw_trajectory(static), draw_light(static)
    reach = trajectory.speed * TRAVEL_TIME + 2
    end, solids = END, []
    if static.random() < 0.4:
        # The street ends at a house that stands across it.
        end = reach + static.uniform(7, 60)
        solids += building(static, (-45.0, 45.0), (end, end + 10), static.uniform(4, 16))
    obstacles = draw_obstacles(static, reach, end)
    solids += [*obstacles, *build_sides(static, layout, end)]
    ahead = min([end, *(s.lo[2] for s in obstacles)])
    solids += traffic(driving, layout, trajectory.speed, ahead)
    strips = layout.strips
    if static.random() < 0.5:
        solids = mirror(solids)
        strips = tuple(Strip(-s.hi, -s.lo, s.colour, s.dashed) for s in strips)
    ground = Primitive((-400.0, 0.0, -400.0), (400.0, 1.0, 400.0), "ground", (0.25, 0.36, 0.16), phase=phase(static))
    return Scene(Primitives.stack([ground, *solids]), strips, trajectory=trajectory, **light)
