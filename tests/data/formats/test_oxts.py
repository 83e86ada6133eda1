"""Motion from the inertial unit: closed forms of the Mercator projection and of rotations, and the real drive."""

import numpy as np
import pytest

from gradunc.data.formats import kitti_files, oxts
from gradunc.errors import InputError
from tests.data.kitti_helpers import DRIVE, KITTI, needs_kitti

REST = "0 0 0 0 0 9.81"


def message(path) -> str:
    with pytest.raises(InputError) as caught:
        oxts.read_oxts(path)
    return str(caught.value)


def test_files(tmp_path):
    path = tmp_path / "0.txt"
    assert message(path) == f"no OXTS file '{path}'; without motion set data.kitti.poses=none"
    path.write_text(f"49.5 8.25 116 0.5 -0.25 3 {REST}\n")
    np.testing.assert_array_equal(oxts.read_oxts(path), [49.5, 8.25, 116, 0.5, -0.25, 3])
    for text in ("49.5 8.25 116", "49.5 8.25 x 0 0 0", "49.5 8.25 nan 0 0 0", ""):
        path.write_text(text)
        expected = f"OXTS file '{path}' does not begin with six numbers (lat, lon, alt, roll, pitch, yaw)"
        assert message(path) == expected


def test_a_small_step_is_as_long_as_on_the_ground():
    """One second of arc to the north and to the east, at 49 degrees: pi r / 648000, the latter times cos(49)."""
    origin = oxts.imu_pose(np.array([49.0, 8, 100, 0, 0, 0]), 49.0)
    north = oxts.imu_pose(np.array([49 + 1 / 3600, 8, 100, 0, 0, 0]), 49.0)
    east = oxts.imu_pose(np.array([49, 8 + 1 / 3600, 101, 0, 0, 0]), 49.0)
    arc = np.pi * oxts.EARTH_RADIUS / 648000
    np.testing.assert_allclose((north - origin)[:3, 3], [0, arc, 0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose((east - origin)[:3, 3], [arc * np.cos(np.radians(49)), 0, 1], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("angles", "vector", "expected"),
    [
        ((0, 0, np.pi / 2), (1, 0, 0), (0, 1, 0)),  # heading north: forward is north
        ((0, np.pi / 2, 0), (1, 0, 0), (0, 0, -1)),  # front down
        ((np.pi / 2, 0, 0), (0, 1, 0), (0, 0, 1)),  # left side up
        ((np.pi / 2, 0, np.pi / 2), (0, 1, 0), (0, 0, 1)),  # yaw turns what roll has raised about the vertical
        ((np.pi / 2, np.pi / 2, 0), (0, 0, 1), (0, -1, 0)),  # roll first, then pitch
    ],
)
def test_rotations_turn_as_the_format_says(angles, vector, expected):
    pose = oxts.imu_pose(np.array([0.0, 0, 0, *angles]), 0.0)
    np.testing.assert_allclose(pose[:3, :3] @ vector, expected, atol=1e-12)


def test_camera_motion_of_a_straight_drive():
    """The camera looks along the unit's x: 2 m ahead, everything is 2 m nearer."""
    to_camera = np.array([[0.0, -1, 0, 0.1], [0, 0, -1, 0.2], [1, 0, 0, 0.3], [0, 0, 0, 1]])
    heading = np.array([0.0, 0, 0, 0, 0, 1.1])
    start, end = oxts.imu_pose(heading, 0.0), oxts.imu_pose(heading, 0.0)
    end[:3, 3] += start[:3, :3] @ (2, 0, 0)
    expected = np.eye(4)
    expected[2, 3] = -2
    np.testing.assert_allclose(oxts.camera_motion(start, end, to_camera), expected, atol=1e-12)


@needs_kitti
def test_the_real_car_drives_as_fast_as_it_says():
    """Ten frames a second: the distance of two frames is the measured forward speed times 0.1 s."""
    paths = [kitti_files.oxts_path(KITTI, DRIVE, frame) for frame in range(10)]
    measured = [oxts.read_oxts(path) for path in paths]
    poses = [oxts.imu_pose(values, measured[0][0]) for values in measured]
    for before, after, path in zip(poses[:-1], poses[1:], paths[1:], strict=True):
        forward, left, up = (np.linalg.inv(before) @ after)[:3, 3]
        speed = float(path.read_text().split()[8])
        assert forward == pytest.approx(0.1 * speed, abs=0.1)
        assert abs(left) < 0.1
        assert abs(up) < 0.1
