"""What stands in the street, each made of a few primitives."""

from numpy.random import Generator

from gradunc.data.sets.synthetic.primitives import Primitive

Colour = tuple[float, float, float]


def colour(rng: Generator, low: float, high: float, tint: float = 0.12) -> Colour:
    """A random albedo: a grey between low and high, each channel off by up to `tint`."""
    grey = rng.uniform(low, high)
    red, green, blue = (float(min(max(grey + rng.uniform(-tint, tint), 0.04), 0.95)) for _ in range(3))
    return red, green, blue


def phase(rng: Generator) -> tuple[float, float]:
    """A random place in the noise [m]."""
    return float(rng.uniform(0, 200)), float(rng.uniform(0, 200))


def car(rng: Generator, x: float, z: float, velocity: float = 0.0) -> list[Primitive]:
    """A car or, in one case of four, a van, centred at (x, z) [m]."""
    paint = colour(rng, 0.15, 0.75, 0.25)
    van = rng.random() < 0.25
    width, length = (2.0, rng.uniform(4.8, 6.5)) if van else (rng.uniform(1.65, 1.85), rng.uniform(3.8, 4.6))
    belt, top = (1.15, rng.uniform(2.1, 2.9)) if van else (0.88, rng.uniform(1.4, 1.6))
    left, right, back, front = x - width / 2, x + width / 2, z - length / 2, z + length / 2
    lamps = (0.8, 0.15, 0.1) if velocity >= 0 else (0.95, 0.95, 0.8)
    spot = phase(rng)
    hood, trunk = (0.7, 0.05) if van else (1.1, rng.uniform(0.1, 0.6))
    # A car that comes towards the camera shows its hood.
    behind, ahead = (hood, trunk) if velocity < 0 else (trunk, hood)
    return [
        Primitive(
            (left, -belt, back),
            (right, -0.16, front),
            "bodywork",
            paint,
            lamps,
            phase=spot,
            velocity=velocity,
        ),
        Primitive(
            (left + 0.08, -top, back + behind),
            (right - 0.08, -belt, front - ahead),
            "foliage" if van and rng.random() < 0.3 else "cabin",
            paint,
            period=(1.15, 1.0),
            phase=spot,
            velocity=velocity,
        ),
    ]


def tree(rng: Generator, x: float, z: float) -> list[Primitive]:
    """A trunk with a crown, centred at (x, z) [m]."""
    trunk, reach = rng.uniform(0.1, 0.28), rng.uniform(1.0, 2.4)
    base, top = rng.uniform(2.0, 3.2), rng.uniform(4.5, 9.0)
    bark = colour(rng, 0.25, 0.45, 0.06)
    leaves = (float(rng.uniform(0.12, 0.35)), float(rng.uniform(0.35, 0.55)), float(rng.uniform(0.08, 0.25)))
    return [
        Primitive(
            (x - trunk, -base, z - trunk),
            (x + trunk, 0.0, z + trunk),
            "plain",
            bark,
            bark,
            phase=phase(rng),
            round=True,
        ),
        Primitive(
            (x - reach, -top, z - reach),
            (x + reach, -base, z + reach),
            "foliage",
            leaves,
            phase=phase(rng),
            round=True,
        ),
    ]


def post(rng: Generator, x: float, z: float) -> list[Primitive]:
    """A lamp post or bollard, centred at (x, z) [m]."""
    radius, top = (0.09, rng.uniform(4.0, 7.0)) if rng.random() < 0.6 else (0.14, rng.uniform(0.8, 1.3))
    paint, bands = colour(rng, 0.2, 0.6), colour(rng, 0.6, 0.9)
    return [
        Primitive(
            (x - radius, -top, z - radius),
            (x + radius, 0.0, z + radius),
            "plain",
            paint,
            bands,
            period=(1.0, 0.7),
            phase=phase(rng),
            round=True,
        )
    ]


def bin_(rng: Generator, x: float, z: float) -> list[Primitive]:
    """A bin or crate, centred at (x, z) [m]."""
    half, depth, top = rng.uniform(0.25, 0.6), rng.uniform(0.25, 0.6), rng.uniform(0.7, 1.5)
    return [
        Primitive(
            (x - half, -top, z - depth),
            (x + half, 0.0, z + depth),
            "plain",
            colour(rng, 0.2, 0.7, 0.25),
            colour(rng, 0.1, 0.9),
            period=(1.0, float(rng.uniform(0.3, 0.8))),
            phase=phase(rng),
        )
    ]


def building(rng: Generator, x: tuple[float, float], z: tuple[float, float], height: float) -> list[Primitive]:
    """A house over a rectangle of the ground [m]."""
    return [
        Primitive(
            (x[0], -height, z[0]),
            (x[1], 0.0, z[1]),
            "facade",
            colour(rng, 0.3, 0.8, 0.14),
            colour(rng, 0.2, 0.5),
            period=(float(rng.uniform(2.3, 3.3)), float(rng.uniform(2.8, 3.2))),
            phase=phase(rng),
        )
    ]


def fence(rng: Generator, x: tuple[float, float], z: tuple[float, float], height: float) -> list[Primitive]:
    """A garden wall or a hedge over a rectangle of the ground [m]."""
    if rng.random() < 0.4:
        return [Primitive((x[0], -height, z[0]), (x[1], 0.0, z[1]), "foliage", (0.2, 0.42, 0.14), phase=phase(rng))]
    return [
        Primitive(
            (x[0], -height, z[0]),
            (x[1], 0.0, z[1]),
            "wall",
            colour(rng, 0.3, 0.7),
            colour(rng, 0.15, 0.8, 0.05),
            period=(float(rng.uniform(0.4, 1.2)), float(rng.uniform(0.2, 0.5))),
            phase=phase(rng),
        )
    ]
