"""Calibration files, and what is computed from them, by hand."""

import numpy as np
import pytest

from gradunc.data.formats import kitti
from gradunc.errors import InputError
from tests.data.kitti_helpers import CAMERAS, IMU, KITTI, SIZE, VELODYNE, needs_kitti


@pytest.fixture
def cameras(tmp_path) -> kitti.CalibrationFile:
    path = tmp_path / kitti.CAMERA_FILE
    path.write_text(CAMERAS)
    return kitti.read_calibration(path)


def test_calibration_files_miss_something(tmp_path):
    path = tmp_path / kitti.CAMERA_FILE
    with pytest.raises(InputError) as caught:
        kitti.read_calibration(path)
    assert str(caught.value).startswith(f"no calibration file '{path}'; ")
    path.write_text("\n".join(line for line in CAMERAS.splitlines() if "P_rect_03" not in line))
    calibration = kitti.read_calibration(path)
    assert kitti.projection(calibration, "l").shape == (3, 4)
    with pytest.raises(InputError) as caught:
        kitti.projection(calibration, "r")
    assert str(caught.value).startswith(f"calibration '{path}' has no 'P_rect_03'; ")
    path.write_text("P_rect_02: 1 2 3")
    with pytest.raises(InputError) as caught:
        kitti.projection(kitti.read_calibration(path), "l")
    assert str(caught.value) == f"calibration '{path}': 'P_rect_02' has 3 numbers, not 12"


def test_focal_lengths_must_be_positive(tmp_path):
    path = tmp_path / kitti.CAMERA_FILE
    path.write_text("P_rect_02: 0 0 10 6 0 100 5 0 0 0 1 0")
    with pytest.raises(InputError) as caught:
        kitti.projection(kitti.read_calibration(path), "l")
    assert str(caught.value) == f"calibration '{path}': 'P_rect_02' has focal lengths that are not above 0"


def test_size_and_offset(cameras):
    assert kitti.image_size(cameras, "l") == SIZE
    for side, x in (("l", 0.06), ("r", -0.44)):
        expected = np.eye(4)
        expected[0, 3] = x
        np.testing.assert_allclose(kitti.camera_offset(kitti.projection(cameras, side)), expected, atol=1e-12)


def test_published_intrinsics():
    """Monodepth2: fx 0.58, fy 1.92, cx = cy = 0.5, times width and height of the network."""
    np.testing.assert_allclose(
        kitti.published_intrinsics((192, 640)), [[371.2, 0, 320], [0, 368.64, 96], [0, 0, 1]], rtol=1e-12
    )


def test_stereo_transform_has_the_right_sign(cameras):
    """What is straight ahead of the left camera is left of the right one's axis."""
    left, right = kitti.projection(cameras, "l"), kitti.projection(cameras, "r")
    left_to_right = kitti.stereo_transform(left, right)
    np.testing.assert_allclose(left_to_right[:3, 3], [-0.5, 0, 0], atol=1e-12)
    np.testing.assert_allclose(kitti.stereo_transform(right, left) @ left_to_right, np.eye(4), atol=1e-12)


def test_from_the_inertial_unit_to_the_camera(cameras, tmp_path):
    """Unit (5, 1, 2) is laser (4, 1, 2), camera 00 (-1, -2, 3.75), 0.06 m to the right for the left colour camera."""
    files = []
    for name, text in ((kitti.VELODYNE_FILE, VELODYNE), (kitti.IMU_FILE, IMU)):
        (tmp_path / name).write_text(text)
        files.append(kitti.read_calibration(tmp_path / name))
    matrix = kitti.imu_to_camera(cameras, *files, "l")
    np.testing.assert_allclose(matrix @ (5, 1, 2, 1), [-0.94, -2, 3.75, 1], atol=1e-12)


@needs_kitti
def test_the_real_baseline():
    cameras = kitti.read_calibration(KITTI / "2011_09_26" / kitti.CAMERA_FILE)
    shift = kitti.stereo_transform(kitti.projection(cameras, "l"), kitti.projection(cameras, "r"))[:3, 3]
    assert shift == pytest.approx([-0.5327, 0, 0], abs=0.01)


@needs_kitti
def test_the_published_intrinsics_are_near_the_real_focal_lengths():
    cameras = kitti.read_calibration(KITTI / "2011_09_26" / kitti.CAMERA_FILE)
    real, published = kitti.projection(cameras, "l")[:, :3], kitti.published_intrinsics((375, 1242))
    assert published[0, 0] / real[0, 0] == pytest.approx(1, abs=0.002)
    assert published[1, 1] / real[1, 1] == pytest.approx(1, abs=0.003)
    assert published[1, 2] - real[1, 2] == pytest.approx(14.6, abs=0.1)  # the real one is not centred
