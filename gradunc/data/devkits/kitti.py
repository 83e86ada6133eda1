"""KITTI raw: where its files lie, its calibration, and its laser scans as depth maps. Needs numpy only.

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

from gradunc.errors import InputError

Side = Literal["l", "r"]
DepthAxis = Literal["camera_z", "laser_x"]
Matrix = NDArray[np.float64]

CAMERA_NUMBER: dict[Side, str] = {"l": "02", "r": "03"}
OTHER_SIDE: dict[Side, Side] = {"l": "r", "r": "l"}
CAMERA_FILE = "calib_cam_to_cam.txt"
VELODYNE_FILE = "calib_velo_to_cam.txt"


@dataclass(frozen=True)
class CalibrationFile:
    """The numbers of one calibration file by key, and its path for messages."""

    path: Path
    values: Mapping[str, Matrix]

    def matrix(self, key: str, *shape: int) -> Matrix:
        """The numbers of `key` as an array of `shape`; InputError when missing or of another count."""
        if key not in self.values:
            raise InputError(f"calibration '{self.path}' has no '{key}'")
        numbers = self.values[key]
        if numbers.size != np.prod(shape):
            raise InputError(f"calibration '{self.path}': '{key}' has {numbers.size} numbers, not {np.prod(shape)}")
        return numbers.reshape(shape)


def read_calibration(path: Path) -> CalibrationFile:
    """Read the `key: numbers` lines of a calibration file; lines of other things (dates) are passed over.

    Raises:
        InputError: The file is missing.
    """
    if not path.is_file():
        raise InputError(f"no calibration file '{path}'")
    values = {}
    for line in path.read_text().splitlines():
        key, _, text = line.partition(":")
        try:
            values[key.strip()] = np.array([float(word) for word in text.split()])
        except ValueError:
            continue
    return CalibrationFile(path, values)


def projection(cameras: CalibrationFile, side: Side) -> Matrix:
    """(3,4) P_rect: rectified coordinates of camera 00 to homogeneous pixels of the camera at `side`."""
    return cameras.matrix(f"P_rect_{CAMERA_NUMBER[side]}", 3, 4)


def image_size(cameras: CalibrationFile, side: Side) -> tuple[int, int]:
    """(H,W) of the rectified images that the calibration is about."""
    width, height = cameras.matrix(f"S_rect_{CAMERA_NUMBER[side]}", 2)
    return int(height), int(width)


def resized_intrinsics(cameras: CalibrationFile, side: Side, size: tuple[int, int]) -> Matrix:
    """(3,3) intrinsics in pixels of images resized to `size`, pixel centres being integers.

    A resize aligns the edges of the images, so a column maps as u' = (u + 0.5) w/W - 0.5, and so does cx.
    """
    height, width = image_size(cameras, side)
    y, x = size[0] / height, size[1] / width
    resize = np.array([[x, 0, 0.5 * x - 0.5], [0, y, 0.5 * y - 0.5], [0, 0, 1]])
    return (resize @ projection(cameras, side)[:, :3]).astype(np.float64)


def camera_offset(cameras: CalibrationFile, side: Side) -> Matrix:
    """(3,) what is added to rectified coordinates of camera 00 to get those of the camera at `side` [m].

    P_rect = K [I | t], hence t = K^-1 P_rect[:, 3]; its x is P_rect[0,3] / fx = -b_x but for the small t_z.
    """
    matrix = projection(cameras, side)
    return np.linalg.solve(matrix[:, :3], matrix[:, 3]).astype(np.float64)


def stereo_transform(cameras: CalibrationFile, side: Side) -> Matrix:
    """(4,4) points of the camera at `side` to those of the other one [m]; negative x for "l"."""
    transform = np.eye(4)
    transform[:3, 3] = camera_offset(cameras, OTHER_SIDE[side]) - camera_offset(cameras, side)
    return transform


def velodyne_projection(cameras: CalibrationFile, velodyne: CalibrationFile, side: Side) -> Matrix:
    """(3,4) P_rect R_rect_00 T_velo: Velodyne points [m] to homogeneous pixels, third row camera z."""
    to_camera, rectify = np.eye(4), np.eye(4)
    to_camera[:3, :3] = velodyne.matrix("R", 3, 3)
    to_camera[:3, 3] = velodyne.matrix("T", 3)
    rectify[:3, :3] = cameras.matrix("R_rect_00", 3, 3)
    return projection(cameras, side) @ rectify @ to_camera


def read_velodyne(path: Path) -> NDArray[np.float32]:
    """(N,4) float32 of one scan: x forward, y left, z up [m], reflectance in [0,1].

    Raises:
        InputError: The file is missing, or is no sequence of points of 16 bytes.
    """
    if not path.is_file():
        raise InputError(f"no Velodyne file '{path}'")
    data = path.read_bytes()
    if len(data) % 16:
        raise InputError(f"Velodyne file '{path}' is damaged: {len(data)} bytes are not a multiple of 16")
    return np.frombuffer(data, dtype="<f4").reshape(-1, 4)


def depth_map(
    points: NDArray[np.float32], matrix: Matrix, size: tuple[int, int], depth: DepthAxis = "camera_z"
) -> NDArray[np.float32]:
    """Project a scan into an image as the Eigen protocol does; where several points meet, the nearest wins.

    The pixel is round(.) - 1 (KITTI's development kit counts from 1). Unlike the common code, points are told
    apart by their true pixel, so that the last column never meets the first one of the next row.

    Args:
        points: (N,4) or (N,3) Velodyne points [m]; those with x < 0 or behind the camera are left out.
        matrix: (3,4) of `velodyne_projection`.
        size: (H,W) of the image that `matrix` projects to.
        depth: Which distance is written: along the camera's axis, or the laser's forward axis, which the
            published figures of the Eigen split use.

    Returns:
        (H,W) float32 [m], 0 = unknown.
    """
    height, width = size
    ahead = points[points[:, 0] >= 0, :3].astype(np.float64)
    x, y, z = matrix[:, :3] @ ahead.T + matrix[:, 3:]
    distance = z if depth == "camera_z" else ahead[:, 0]
    front = (z > 0) & (distance > 0)
    u = np.round(x[front] / z[front]) - 1
    v = np.round(y[front] / z[front]) - 1
    inside = (u >= 0) & (u < width) & (v >= 0) & (v < height)
    result = np.full((height, width), np.inf)
    np.minimum.at(result, (v[inside].astype(np.int64), u[inside].astype(np.int64)), distance[front][inside])
    result[np.isinf(result)] = 0
    return result.astype(np.float32)


def find_drives(root: Path) -> list[str]:
    """The names `date/drive` of all drives below `root`, sorted."""
    return sorted(f"{path.parent.name}/{path.name}" for path in root.glob("*/*_drive_*") if path.is_dir())


def image_path(root: Path, drive: str, side: Side, frame: int, suffix: str = ".png") -> Path:
    """Where an image lies, whether it exists or not; official images are .png, converted copies .jpg."""
    return root / drive / f"image_{CAMERA_NUMBER[side]}" / "data" / f"{frame:010d}{suffix}"


def velodyne_path(root: Path, drive: str, frame: int) -> Path:
    """Where a scan lies, whether it exists or not."""
    return root / drive / "velodyne_points" / "data" / f"{frame:010d}.bin"


def image_frames(root: Path, drive: str, side: Side) -> dict[int, Path]:
    """Frame id -> image file of one camera, in order; a .png is preferred to a .jpg of the same frame."""
    folder = image_path(root, drive, side, 0).parent
    return dict(sorted((_frames(folder, ".jpg") | _frames(folder, ".png")).items()))


def velodyne_frames(root: Path, drive: str) -> dict[int, Path]:
    """Frame id -> scan file; a few frames of KITTI have no scan."""
    return _frames(velodyne_path(root, drive, 0).parent, ".bin")


def _frames(folder: Path, suffix: str) -> dict[int, Path]:
    """One listing of a folder is much cheaper than asking for thousands of files one by one."""
    files = sorted(folder.glob(f"*{suffix}"))
    return {int(file.stem): file for file in files if file.stem.isdigit()}
