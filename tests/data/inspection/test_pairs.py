"""Rows of stereo pairs, moved, turned and exchanged by known amounts."""

import numpy as np
import pytest
from PIL import Image

from gradunc.data.inspection.pairs import PairShifts, pair_shifts
from gradunc.data.inspection.stereo import row_findings, side_findings
from tests.data.inspection.drives import view
from tests.helpers import DATA

DRIVE = DATA / "kitti_raw/2011_09_26/2011_09_26_drive_0002_sync"
SIZE = (192, 624)


def gray(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("L"), np.float32)


@pytest.fixture(scope="module")
def street() -> tuple[Image.Image, Image.Image]:
    """A rectified pair: exact, as it was rendered."""
    return tuple(Image.fromarray(view(0, camera, SIZE).image) for camera in ("left", "right"))


def moved(image: Image.Image, rows: float) -> Image.Image:
    """Its content further down."""
    return image.transform(image.size, Image.Transform.AFFINE, (1, 0, 0, 0, 1, -rows), Image.Resampling.BICUBIC)


def found(one: Image.Image, other: Image.Image) -> PairShifts:
    shifts = pair_shifts(gray(one), gray(other))
    assert shifts is not None
    return shifts


@pytest.mark.parametrize("rows", [0, 0.5, 1.5, -2.25, 7, 13, -30])
def test_rows_apart(street, rows):
    left, right = street
    shifts = found(left, moved(right, rows))
    assert np.median(shifts.down) == pytest.approx(rows, abs=0.15)
    assert np.percentile(np.abs(shifts.down - rows), 75) < 0.3
    assert abs(shifts.roll()) < 0.1
    told = row_findings([shifts], SIZE[1])
    assert bool(told) == (abs(rows) > 1)
    if told:
        assert f"differ by {abs(np.median(shifts.down)):.1f} pixels" in told[0].text


@pytest.mark.parametrize("degrees", [1, -1, 2.5])
def test_a_camera_that_is_turned(street, degrees):
    """A point x right of the middle is carried x sin(angle) down by a rotation; PIL turns anticlockwise."""
    left, right = street
    shifts = found(left, right.rotate(-degrees, Image.Resampling.BICUBIC))
    assert shifts.roll() == pytest.approx(degrees, abs=0.15)
    seen = shifts.x + shifts.right  # where the places lie in the right view
    expected = seen * np.sin(np.radians(degrees))
    assert np.median(np.abs(shifts.down - expected)) < 0.6
    text = row_findings([shifts.scaled(2)], 2 * SIZE[1])[0].text
    assert f"turned by {shifts.roll():.1f} degrees" in text


def test_the_side(street):
    left, right = street
    assert found(left, right).wrong_side(-1) < 0.1
    assert found(right, left).wrong_side(-1) > 0.9
    assert found(right, left).wrong_side(1) < 0.1
    assert side_findings([0.95, 1, 0.9])[0].impossible
    assert side_findings([0.95, 0.1, 0.1]) == []
    assert not side_findings([0.95, 0.9, 0.1])[0].impossible


def test_a_pair_without_distance_has_no_wrong_side(street):
    left, _ = street
    shifts = found(left, left)
    assert np.abs(shifts.right).max() < 0.1
    assert shifts.wrong_side(-1) == shifts.wrong_side(1) == 0


def test_pictures_that_do_not_match():
    one, other = (np.random.default_rng(i).uniform(0, 255, (120, 200)).astype(np.float32) for i in range(2))
    assert pair_shifts(one, other) is None
    assert pair_shifts(np.full_like(one, 9), np.full_like(one, 9)) is None


@pytest.mark.parametrize("size", [(1, 500), (8, 8), (16, 300), (33, 21)])
def test_small_pictures(size):
    one = np.random.default_rng(0).uniform(0, 255, size).astype(np.float32)
    shifts = pair_shifts(one, one)
    assert shifts is None or np.abs(shifts.down).max() < 0.1


def test_pixels_of_a_larger_image():
    shifts = PairShifts(np.array([1.0]), np.array([2.0]), np.array([-3.0])).scaled(2)
    assert (shifts.x[0], shifts.down[0], shifts.right[0]) == (2, 4, -6)


@pytest.mark.skipif(not DRIVE.is_dir(), reason=f"no KITTI frames in {DATA}")
@pytest.mark.parametrize("degrees", [0, 1, -1])
def test_real_pairs(degrees):
    """KITTI is rectified: half a pixel of 1242 at most. Turned by a degree, it is not."""
    left, right = (Image.open(DRIVE / f"image_0{i}/data/0000000003.png") for i in (2, 3))
    turned = right.convert("L").rotate(-degrees, Image.Resampling.BICUBIC)
    half = [image.resize((621, 188), Image.Resampling.BOX) for image in (left.convert("L"), turned)]
    shifts = found(*half).scaled(2)
    assert shifts.roll() == pytest.approx(degrees, abs=0.15)
    assert bool(row_findings([shifts], 1242)) == (degrees != 0)
