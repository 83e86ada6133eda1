"""Projected scans against pixels computed by hand, and a real one against a plain loop over its points."""

from pathlib import Path

import numpy as np
import pytest

from gradunc.data.formats import kitti, kitti_files, velodyne
from gradunc.errors import InputError
from tests.data.kitti_helpers import CAMERAS, DRIVE, KITTI, SIZE, VELODYNE, laser, needs_kitti


@pytest.fixture
def calibration(tmp_path):
    """Cameras and laser."""
    files = []
    for name, text in ((kitti.CAMERA_FILE, CAMERAS), (kitti.VELODYNE_FILE, VELODYNE)):
        (tmp_path / name).write_text(text)
        files.append(kitti.read_calibration(tmp_path / name))
    return files


def depth_of(points, calibration, side="l", **options) -> np.ndarray:
    matrix = kitti.velodyne_projection(*calibration, side)
    return velodyne.depth_map(np.array(points, dtype=np.float32), matrix, SIZE, **options)


def known(depth: np.ndarray) -> dict[tuple[int, int], float]:
    return {(int(v), int(u)): float(depth[v, u]) for v, u in zip(*depth.nonzero(), strict=True)}


def test_points_land_on_the_pixels_of_the_hand(calibration):
    point = laser(0, 0, 10)  # u = 10.6, v = 5 on the left; u = 5.6 on the right
    assert known(depth_of([point], calibration)) == {(4, 10): 10}
    assert known(depth_of([point], calibration, "r")) == {(4, 5): 10}
    assert known(depth_of([point], calibration, depth="laser_x")) == {(4, 10): 10.25}


def test_depth_map_is_float32_of_the_image_size(calibration):
    depth = depth_of([laser(0, 0, 10)], calibration)
    assert depth.shape == SIZE
    assert depth.dtype == np.float32


def test_the_nearest_point_wins_in_any_order(calibration):
    points = [laser(0, 0, z) for z in (10.5, 10, 11)]
    assert known(depth_of(points, calibration)) == {(4, 10): 10}
    assert known(depth_of(points[::-1], calibration)) == {(4, 10): 10}


def test_the_last_column_does_not_meet_the_first_of_the_next_row(calibration):
    """The index row * (n - 1) + column - 1 of the common code takes these two for one pixel."""
    points = [laser(0.94, -0.2, 10), laser(-0.9696, -0.101, 10.1)]
    assert known(depth_of(points, calibration)) == {(2, 19): 10, (3, 0): pytest.approx(10.1)}


@pytest.mark.parametrize(
    "point",
    [
        laser(1.04, 0, 10),  # u = 21 - 1 = 20
        laser(-1.06, 0, 10),  # u = 0 - 1
        laser(0, 0.6, 10),  # v = 11 - 1 = 10
        laser(0, -0.5, 10),  # v = 0 - 1
        laser(0, 0, -10),
        laser(-0.06, 0, -0.1),  # laser x = 0.15 and u = 10, but behind the camera
        [np.nan] * 4,
    ],
)
def test_points_out_of_sight_are_left_out(calibration, point):
    assert known(depth_of([point], calibration)) == {}


def test_no_points_at_all(calibration):
    assert known(depth_of(np.zeros((0, 4)), calibration)) == {}


def test_velodyne_files(tmp_path):
    path = tmp_path / "a.bin"
    with pytest.raises(InputError) as caught:
        velodyne.read_velodyne(path)
    assert str(caught.value) == f"Velodyne file '{path}' does not exist"
    points = np.arange(8, dtype="<f4").reshape(2, 4)
    path.write_bytes(points.tobytes())
    np.testing.assert_array_equal(velodyne.read_velodyne(path), points)
    path.write_bytes(points.tobytes()[:-1])
    with pytest.raises(InputError) as caught:
        velodyne.read_velodyne(path)
    assert str(caught.value) == f"Velodyne file '{path}' is damaged: 31 bytes are not a multiple of 16"


def read_rows(path: Path) -> dict[str, list[float]]:
    rows = (line.split(":", 1) for line in path.read_text().splitlines() if "time" not in line)
    return {key: [float(word) for word in text.split()] for key, text in rows}


def times(rows: list[float], vector: tuple[float, ...]) -> tuple[float, ...]:
    """A row-major matrix times a vector, without numpy."""
    n = len(vector)
    return tuple(sum(rows[i + j] * vector[j] for j in range(n)) for i in range(0, len(rows), n))


@needs_kitti
@pytest.mark.parametrize(("side", "key"), [("l", "P_rect_02"), ("r", "P_rect_03")])
def test_a_real_scan_agrees_with_a_loop_over_its_points(side, key):
    date = KITTI / "2011_09_26"
    paths = date / kitti.CAMERA_FILE, date / kitti.VELODYNE_FILE
    rows, laser_rows = map(read_rows, paths)
    points = velodyne.read_velodyne(kitti_files.velodyne_path(KITTI, DRIVE, 3))
    expected: dict[tuple[int, int], float] = {}
    for x, y, z, _ in points.tolist():
        if x < 0:
            continue
        moved = [a + b for a, b in zip(times(laser_rows["R"], (x, y, z)), laser_rows["T"], strict=True)]
        a, b, c = times(rows[key], (*times(rows["R_rect_00"], tuple(moved)), 1.0))
        if c <= 0:
            continue
        pixel = round(b / c) - 1, round(a / c) - 1
        if 0 <= pixel[0] < 375 and 0 <= pixel[1] < 1242:
            expected[pixel] = min(c, expected.get(pixel, np.inf))
    files = [kitti.read_calibration(path) for path in paths]
    matrix = kitti.velodyne_projection(*files, side)
    found = known(velodyne.depth_map(points, matrix, kitti.image_size(files[0], side)))
    assert len(found) > 15000
    assert found == pytest.approx(expected, rel=1e-6)
