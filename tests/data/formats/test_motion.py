"""Shifts that are known because the pictures were shifted here, and the real recordings behind the constants."""

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from gradunc.data.formats.motion import (
    ALIKE,
    LONGEST,
    STILL,
    UNRELATED,
    has_moved,
    is_blank,
    is_cut,
    likeness,
    motion,
)
from tests.data.videos import texture
from tests.helpers import DATA

SCENE = texture(160, 320)[..., 0].astype(np.float32)


def view(right: int = 0, down: int = 0) -> np.ndarray:
    return SCENE[down : down + 128, right : right + 256]


@pytest.mark.parametrize(("right", "down"), [(0, 0), (1, 0), (0, 3), (4, 3), (12, 5), (24, 0)])
def test_whole_pixels(right, down):
    found = motion(view(), view(right, down))
    # The window of a tile pulls long shifts towards its middle.
    assert found.shift * 256 == pytest.approx(np.hypot(right, down), abs=0.05, rel=0.03)
    assert found.match > UNRELATED


def test_fractions_of_a_pixel():
    # Every second column of a picture twice as wide: an odd shift is a half pixel.
    wide = np.asarray(Image.fromarray(texture(128, 640)[..., 0]), dtype=np.float32)
    wide = (wide[:, :-1] + wide[:, 1:]) / 2
    one, other = wide[:, 0:512:2], wide[:, 3 : 3 + 512 : 2]
    assert motion(one, other).shift * 256 == pytest.approx(1.5, abs=0.2)


def test_one_object_that_moves_is_no_motion():
    moved = view().copy()
    moved[:64, :64] = view(20)[:64, :64]
    assert motion(view(), moved).shift * 256 == pytest.approx(0, abs=0.05)


def test_light_and_noise_are_no_motion():
    noise = np.random.default_rng(0).normal(0, 3, view().shape)
    for other in (view() * 0.7 + 20, view() + noise):
        assert not has_moved(view(), other.astype(np.float32), 0.002)
        assert not is_cut(view(), other.astype(np.float32))


def test_strong_noise_in_the_dark_is_no_motion():
    # Phase correlation finds nothing here: the coarse pictures tell.
    generator = np.random.default_rng(0)
    night = np.linspace(0, 80, 256, dtype=np.float32) + 0.1 * view()
    one, other = (night + generator.normal(0, 20, night.shape).astype(np.float32) for _ in range(2))
    assert motion(one, other).match < UNRELATED
    assert likeness(one, other) > STILL
    assert not has_moved(one, other, 0.002)


def test_cuts():
    other = texture(128, 256, seed=1)[..., 0].astype(np.float32)
    assert is_cut(view(), other)
    assert has_moved(view(), other, 0.5)
    assert not is_cut(view(), view(20))
    assert likeness(view(), other) < ALIKE


def test_likeness_by_hand():
    one = np.zeros((48, 96), np.float32)
    one[:, 48:] = 10
    assert likeness(one, one) == pytest.approx(1)
    assert likeness(one, 3 * one + 7) == pytest.approx(1)
    assert likeness(one, 10 - one) == pytest.approx(-1)
    assert likeness(one, np.full_like(one, 5)) == 1


def test_blank():
    noise = np.random.default_rng(0).normal(0, 1, (96, 128)).astype(np.float32)
    assert is_blank(noise)
    assert is_blank(np.zeros((30, 200), np.float32))
    assert not is_blank(view())


@pytest.mark.skipif(not (DATA / "kitti_raw").is_dir(), reason=f"no KITTI and redkitchen in {DATA}")
def test_constants_hold_on_real_recordings():
    def load(pattern):
        pictures = []
        for path in sorted(DATA.glob(pattern))[::6]:
            image = Image.open(path).convert("L")
            size = [round(side * LONGEST / max(image.size)) for side in image.size]
            pictures.append(np.asarray(image.resize(size, Image.Resampling.BOX), dtype=np.float32))
        return pictures

    kitchen = load("redkitchen/**/*.color.*")[:5] + load("redkitchen/**/*.color.*")[15:]
    street = load("kitti_raw/*/*/image_02/data/*")
    cuts = [is_cut(a, b) for a, b in pairwise(kitchen)]
    assert cuts == [False] * 4 + [True] + [False] * 4  # where pictures were left out
    assert not is_cut(street[0], street[1])
    assert all(motion(kitchen[0], other).match > UNRELATED for other in kitchen[1:5])
