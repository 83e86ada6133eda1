"""The inverse depth of a plane is linear in the image: closed forms, with noise, sparse, rounded and inverted."""

import numpy as np
import pytest

from gradunc.data.inspection.planes import plane_votes
from gradunc.data.inspection.truth import inverse_findings

FOCAL, SIZE = 300.0, (240, 320)


def plane(normal: tuple[float, float, float], distance: float) -> np.ndarray:
    """(H,W) depth [m] of the plane n . X = d, 0 where the rays miss it or it is beyond 80 m."""
    v, u = np.mgrid[: SIZE[0], : SIZE[1]]
    rays = np.stack([(u - 159.5) / FOCAL, (v - 119.5) / FOCAL, np.ones(SIZE)], -1)
    towards = rays @ np.array(normal)
    depth = distance / np.where(towards > 1e-9, towards, np.inf)
    return np.where(depth < 80, depth, 0).astype(np.float32)


GROUND = plane((0.0, 1.0, 0.02), 1.5)
WALL = plane((1.0, 0.0, 0.8), 3.0)
CEILING = plane((0.1, -0.9, 0.3), 2.0)
SCENES = {"ground": GROUND, "wall": WALL, "ceiling": CEILING}


def inverted(depth: np.ndarray) -> np.ndarray:
    return np.where(depth > 0, 1 / np.maximum(depth, 1e-6), 0).astype(np.float32)


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("noise", [0, 0.01])
def test_planes_vote_for_what_they_are(name, noise):
    draw = np.random.default_rng(0)
    depth = SCENES[name] * (1 + noise * draw.uniform(-1, 1, SIZE)).astype(np.float32)
    right, wrong = plane_votes(depth), plane_votes(inverted(depth))
    assert right.depth >= 5
    assert right.inverse == 0
    assert (wrong.depth, wrong.inverse) == (right.inverse, right.depth)
    assert inverse_findings([right]) == []
    assert "INVERSE depth" in inverse_findings([wrong])[0].text


def test_a_scan_and_16_bits_are_enough():
    scan = np.where(np.random.default_rng(0).random(SIZE) < 0.05, GROUND, 0).astype(np.float32)
    assert plane_votes(scan).depth >= 5
    stored = np.round(inverted(scan) * 60000 / inverted(scan).max())
    votes = plane_votes((stored / 1000).astype(np.float32))
    assert votes.inverse >= 5
    assert votes.depth == 0


def test_what_tells_nothing_votes_for_nothing():
    flat = plane((0.0, 0.0, 1.0), 4.0)
    noise = np.random.default_rng(0).uniform(1, 50, SIZE).astype(np.float32)
    few = np.zeros(SIZE, np.float32)
    few[::60, ::60] = 3
    for depth in (flat, noise, few, np.zeros(SIZE, np.float32), np.full((1, 1), 2, np.float32)):
        assert plane_votes(depth) == (0, 0)


def test_unknown_depth_may_be_nan():
    assert plane_votes(np.where(GROUND > 0, GROUND, np.nan)) == plane_votes(GROUND)


def test_two_scenes_must_agree():
    """As many patches for both say nothing."""
    votes = plane_votes(GROUND), plane_votes(inverted(GROUND))
    assert inverse_findings(votes) == []
