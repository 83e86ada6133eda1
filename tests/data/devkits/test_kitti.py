"""A calibration whose pixels can be computed by hand, and a real one against a plain loop over points."""

import os
from pathlib import Path

import numpy as np
import pytest

from gradunc.data.devkits import kitti
from gradunc.errors import InputError

# Images 20 wide and 10 high. Left: u = 10 + (100 x + 6) / z; right: u = 10 + (100 x - 44) / z;
# both: v = 5 + 100 y / z.
CAMERAS = """calib_time: 09-Jan-2012 13:57:47
S_rect_02: 2.0e+01 1.0e+01
R_rect_00: 1 0 0 0 1 0 0 0 1
P_rect_02: 1e+02 0 10 6 0 100 5 0 0 0 1 0
S_rect_03: 20 10
P_rect_03: 100 0 10 -44 0 100 5 0 0 0 1 0
"""
# Camera x = -laser y, y = -laser z, z = laser x - 0.25.
VELODYNE = """calib_time: 15-Mar-2012 11:37:16
R: 0 -1 0 0 0 -1 1 0 0
T: 0 0 -0.25
"""
SIZE = (10, 20)

DATA = Path(os.environ.get("GRADUNC_DATA", Path(__file__).parents[4] / "shared" / "data"))
KITTI = DATA / "kitti_raw"
needs_kitti = pytest.mark.skipif(not KITTI.is_dir(), reason=f"no real KITTI frames in {KITTI} (set GRADUNC_DATA)")
DRIVE = "2011_09_26/2011_09_26_drive_0002_sync"


@pytest.fixture
def cameras(tmp_path) -> kitti.CalibrationFile:
    path = tmp_path / kitti.CAMERA_FILE
    path.write_text(CAMERAS)
    return kitti.read_calibration(path)


@pytest.fixture
def velodyne(tmp_path) -> kitti.CalibrationFile:
    path = tmp_path / kitti.VELODYNE_FILE
    path.write_text(VELODYNE)
    return kitti.read_calibration(path)


def laser(x: float, y: float, z: float) -> list[float]:
    """The laser point (with a reflectance) of a camera point."""
    return [z + 0.25, -x, -y, 0.5]


def depth_of(points, cameras, velodyne, side="l", **options) -> np.ndarray:
    matrix = kitti.velodyne_projection(cameras, velodyne, side)
    return kitti.depth_map(np.array(points, dtype=np.float32), matrix, SIZE, **options)


def known(depth: np.ndarray) -> dict[tuple[int, int], float]:
    return {(int(v), int(u)): float(depth[v, u]) for v, u in zip(*depth.nonzero(), strict=True)}


def test_calibration_files_miss_something(tmp_path):
    path = tmp_path / kitti.CAMERA_FILE
    with pytest.raises(InputError) as caught:
        kitti.read_calibration(path)
    assert str(caught.value) == f"no calibration file '{path}'"
    path.write_text("\n".join(line for line in CAMERAS.splitlines() if "P_rect_03" not in line))
    calibration = kitti.read_calibration(path)
    assert kitti.projection(calibration, "l").shape == (3, 4)
    with pytest.raises(InputError) as caught:
        kitti.projection(calibration, "r")
    assert str(caught.value) == f"calibration '{path}' has no 'P_rect_03'"
    path.write_text("P_rect_02: 1 2 3")
    with pytest.raises(InputError) as caught:
        kitti.projection(kitti.read_calibration(path), "l")
    assert str(caught.value) == f"calibration '{path}': 'P_rect_02' has 3 numbers, not 12"


def test_points_land_on_the_pixels_of_the_hand(cameras, velodyne):
    point = laser(0, 0, 10)  # u = 10.6, v = 5 on the left; u = 5.6 on the right
    assert known(depth_of([point], cameras, velodyne)) == {(4, 10): 10}
    assert known(depth_of([point], cameras, velodyne, "r")) == {(4, 5): 10}
    assert known(depth_of([point], cameras, velodyne, depth="laser_x")) == {(4, 10): 10.25}


def test_depth_map_is_float32_of_the_image_size(cameras, velodyne):
    depth = depth_of([laser(0, 0, 10)], cameras, velodyne)
    assert depth.shape == SIZE
    assert depth.dtype == np.float32


def test_the_nearest_point_wins_in_any_order(cameras, velodyne):
    points = [laser(0, 0, z) for z in (10.5, 10, 11)]
    assert known(depth_of(points, cameras, velodyne)) == {(4, 10): 10}
    assert known(depth_of(points[::-1], cameras, velodyne)) == {(4, 10): 10}


def test_the_last_column_does_not_meet_the_first_of_the_next_row(cameras, velodyne):
    """The index row * (n - 1) + column - 1 of the common code takes these two for one pixel."""
    points = [laser(0.94, -0.2, 10), laser(-0.9696, -0.101, 10.1)]
    assert known(depth_of(points, cameras, velodyne)) == {(2, 19): 10, (3, 0): pytest.approx(10.1)}


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
def test_points_out_of_sight_are_left_out(cameras, velodyne, point):
    assert known(depth_of([point], cameras, velodyne)) == {}


def test_no_points_at_all(cameras, velodyne):
    assert known(depth_of(np.zeros((0, 4)), cameras, velodyne)) == {}


def test_velodyne_files(tmp_path):
    path = tmp_path / "a.bin"
    with pytest.raises(InputError) as caught:
        kitti.read_velodyne(path)
    assert str(caught.value) == f"no Velodyne file '{path}'"
    points = np.arange(8, dtype="<f4").reshape(2, 4)
    path.write_bytes(points.tobytes())
    np.testing.assert_array_equal(kitti.read_velodyne(path), points)
    path.write_bytes(points.tobytes()[:-1])
    with pytest.raises(InputError) as caught:
        kitti.read_velodyne(path)
    assert str(caught.value) == f"Velodyne file '{path}' is damaged: 31 bytes are not a multiple of 16"


def test_intrinsics_follow_a_resize(cameras):
    assert kitti.image_size(cameras, "l") == SIZE
    np.testing.assert_allclose(
        kitti.resized_intrinsics(cameras, "l", (5, 40)), [[200, 0, 20.5], [0, 50, 2.25], [0, 0, 1]]
    )
    np.testing.assert_allclose(
        kitti.resized_intrinsics(cameras, "l", SIZE), [[100, 0, 10], [0, 100, 5], [0, 0, 1]], atol=1e-12
    )


def test_stereo_transform_has_the_right_sign(cameras):
    """What is straight ahead of the left camera is left of the right one's axis."""
    left_to_right = kitti.stereo_transform(cameras, "l")
    np.testing.assert_allclose(left_to_right[:3, 3], [-0.5, 0, 0], atol=1e-12)
    np.testing.assert_allclose(kitti.stereo_transform(cameras, "r") @ left_to_right, np.eye(4), atol=1e-12)


def test_frames_are_found_by_number(tmp_path):
    folder = kitti.image_path(tmp_path, DRIVE, "r", 0).parent
    folder.mkdir(parents=True)
    for name in ("0000000012.png", "0000000002.jpg", "0000000002.png", "0000000003.jpg", "notes.png"):
        (folder / name).touch()
    assert kitti.image_frames(tmp_path, DRIVE, "r") == {
        frame: folder / name for frame, name in ((2, "0000000002.png"), (3, "0000000003.jpg"), (12, "0000000012.png"))
    }
    assert [*kitti.image_frames(tmp_path, DRIVE, "r")] == [2, 3, 12]
    assert kitti.image_frames(tmp_path, DRIVE, "l") == {}
    assert kitti.velodyne_frames(tmp_path, DRIVE) == {}
    assert kitti.find_drives(tmp_path) == [DRIVE]


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
    cameras, velodyne = date / kitti.CAMERA_FILE, date / kitti.VELODYNE_FILE
    rows, laser_rows = read_rows(cameras), read_rows(velodyne)
    points = kitti.read_velodyne(kitti.velodyne_path(KITTI, DRIVE, 3))
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
    files = kitti.read_calibration(cameras), kitti.read_calibration(velodyne)
    matrix = kitti.velodyne_projection(*files, side)
    found = known(kitti.depth_map(points, matrix, kitti.image_size(files[0], side)))
    assert len(found) > 15000
    assert found == pytest.approx(expected, rel=1e-6)


@needs_kitti
def test_the_real_baseline():
    cameras = kitti.read_calibration(KITTI / "2011_09_26" / kitti.CAMERA_FILE)
    shift = kitti.stereo_transform(cameras, "l")[:3, 3]
    assert shift == pytest.approx([-0.5327, 0, 0], abs=0.01)
