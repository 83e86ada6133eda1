"""Scans of KITTI's Velodyne laser: reading them, and projecting them to sparse depth maps. Needs numpy only."""

from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gradunc.errors import InputError
from gradunc.files import check_regular

DepthAxis = Literal["camera_z", "laser_x"]
"""Distance that a depth map holds: along the camera's axis, or the laser's forward axis."""


LARGEST_SCAN = 2**26
"""Bytes that no scan has: KITTI's have 2 MB, 120,000 points of 16 bytes."""


def read_velodyne(path: Path) -> NDArray[np.float32]:
    """(N,4) float32 of one scan: x forward, y left, z up [m], reflectance in [0,1].

    Raises:
        InputError: The file is missing, no regular one, or is no sequence of at least one point of 16 bytes.
    """
    check_regular(path, "Velodyne file", LARGEST_SCAN)
    data = path.read_bytes()
    if not data:
        raise InputError(f"Velodyne file '{path}' is empty; take KITTI's own file, or remove it and its image")
    if len(data) % 16:
        raise InputError(f"Velodyne file '{path}' is damaged: {len(data)} bytes are not a multiple of 16")
    return np.frombuffer(data, dtype="<f4").reshape(-1, 4)


def depth_map(
    points: NDArray[np.float32], matrix: NDArray[np.float64], size: tuple[int, int], depth: DepthAxis = "camera_z"
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
