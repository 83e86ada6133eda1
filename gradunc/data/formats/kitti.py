"""Calibration of KITTI raw. Needs numpy only.

Formats and frames after Geiger et al., "Vision meets Robotics: The KITTI Dataset", IJRR 2013. Coordinates:
Velodyne x forward, y left, z up; rectified camera x right, y down, z forward; all in metres. Sides: "l" is
the left colour camera (image_02), "r" the right one (image_03). Sizes are (height, width).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gradunc.data.formats.pictures import check_pixels
from gradunc.errors import InputError
from gradunc.text_files import read_lines

Side = Literal["l", "r"]
Matrix = NDArray[np.float64]

CAMERA_NUMBER: dict[Side, str] = {"l": "02", "r": "03"}
OTHER_SIDE: dict[Side, Side] = {"l": "r", "r": "l"}
CAMERA_FILE = "calib_cam_to_cam.txt"
VELODYNE_FILE = "calib_velo_to_cam.txt"
IMU_FILE = "calib_imu_to_velo.txt"


@dataclass(frozen=True)
class CalibrationFile:
    """The numbers of one calibration file by key, and its path for messages."""

    path: Path
    values: Mapping[str, Matrix]

    def matrix(self, key: str, *shape: int) -> Matrix:
        """The numbers of `key` as an array of `shape`; InputError when missing, of another count or not finite."""
        if key not in self.values:
            raise InputError(f"calibration '{self.path}' has no '{key}'; put KITTI's own file there")
        numbers = self.values[key]
        if numbers.size != np.prod(shape):
            raise InputError(f"calibration '{self.path}': '{key}' has {numbers.size} numbers, not {np.prod(shape)}")
        if not np.isfinite(numbers).all():
            raise InputError(f"calibration '{self.path}': '{key}' has numbers that are NaN or infinite")
        return numbers.reshape(shape)


def read_calibration(path: Path) -> CalibrationFile:
    """Read the `key: numbers` lines of a calibration file; lines of other things (dates) are passed over.

    Raises:
        InputError: The file is missing or no text.
    """
    if not path.exists():
        raise InputError(f"no calibration file '{path}'; KITTI offers it as a download of its own (calibration files)")
    values = {}
    for line in read_lines(path, "calibration"):
        key, _, text = line.partition(":")
        try:
            values[key.strip()] = np.array([float(word) for word in text.split()])
        except ValueError:
            continue
    return CalibrationFile(path, values)


def projection(cameras: CalibrationFile, side: Side) -> Matrix:
    """(3,4) P_rect: rectified coordinates of camera 00 to homogeneous pixels of the camera at `side`."""
    return projection_of(cameras, f"P_rect_{CAMERA_NUMBER[side]}")


def projection_of(calibration: CalibrationFile, key: str) -> Matrix:
    """(3,4) the projection K [I | t] of a key; InputError where it is missing or has no focal lengths."""
    matrix = calibration.matrix(key, 3, 4)
    if not (matrix[0, 0] > 0 and matrix[1, 1] > 0 and matrix[2, 2] > 0):
        raise InputError(f"calibration '{calibration.path}': '{key}' has focal lengths that are not above 0")
    return matrix


def image_size(cameras: CalibrationFile, side: Side) -> tuple[int, int]:
    """(H,W) of the rectified images that the calibration is about; InputError for a size that no image has."""
    key = f"S_rect_{CAMERA_NUMBER[side]}"
    width, height = cameras.matrix(key, 2)
    if min(width, height) < 1:
        raise InputError(f"calibration '{cameras.path}': '{key}' is no size of an image: {width:g} x {height:g}")
    size = int(height), int(width)
    check_pixels("calibration", cameras.path, size)
    return size


def camera_offset(matrix: Matrix) -> Matrix:
    """(4,4) rectified coordinates of camera 0 to those of the camera that a projection (3,4) belongs to [m].

    P = K [I | t], hence t = K^-1 P[:, 3]; its x is P[0,3] / fx = -b_x but for the small t_z.
    """
    offset = np.eye(4)
    offset[:3, 3] = np.linalg.solve(matrix[:, :3], matrix[:, 3])
    return offset


def stereo_transform(target: Matrix, source: Matrix) -> Matrix:
    """(4,4) points of one camera to those of the other [m], of two projections (3,4); negative x from left to right."""
    return camera_offset(source) @ np.linalg.inv(camera_offset(target))


def published_intrinsics(size: tuple[int, int]) -> Matrix:
    """(3,3) in pixels of images of (h,w): the fixed normalised matrix that Monodepth2 takes for all of KITTI.

    fx = 0.58 w, fy = 1.92 h and a centred principal point, whatever the date and the camera (docs/methods.md G.2).
    """
    height, width = size
    return np.array([[0.58 * width, 0, 0.5 * width], [0, 1.92 * height, 0.5 * height], [0, 0, 1]])


def velodyne_projection(cameras: CalibrationFile, velodyne: CalibrationFile, side: Side) -> Matrix:
    """(3,4) P_rect R_rect_00 T_velo: Velodyne points [m] to homogeneous pixels, third row camera z."""
    return projection(cameras, side) @ _velodyne_to_rectified(cameras, velodyne)


def imu_to_camera(cameras: CalibrationFile, velodyne: CalibrationFile, imu: CalibrationFile, side: Side) -> Matrix:
    """(4,4) coordinates of the inertial unit to those of the rectified camera at `side` [m]."""
    to_side = camera_offset(projection(cameras, side))
    return to_side @ _velodyne_to_rectified(cameras, velodyne) @ _rigid(imu)


def _velodyne_to_rectified(cameras: CalibrationFile, velodyne: CalibrationFile) -> Matrix:
    """(4,4) Velodyne coordinates to rectified ones of camera 00."""
    rectify = np.eye(4)
    rectify[:3, :3] = cameras.matrix("R_rect_00", 3, 3)
    return rectify @ _rigid(velodyne)


def _rigid(calibration: CalibrationFile) -> Matrix:
    """(4,4) the motion that a file of R and T holds."""
    motion = np.eye(4)
    motion[:3, :3] = calibration.matrix("R", 3, 3)
    motion[:3, 3] = calibration.matrix("T", 3)
    return motion
