"""Motion of KITTI's car from its inertial unit (OXTS RT 3003). Needs numpy only.

Geiger et al., "Vision meets Robotics: The KITTI Dataset", IJRR 2013: geographic coordinates become metres by the
Mercator projection. Coordinates of the unit: x forward, y left, z up; of the world: x east, y north, z up.
"""

from pathlib import Path

import numpy as np

from gradunc.data.formats.poses import Matrix, relative_pose
from gradunc.errors import InputError
from gradunc.text_files import read_text

EARTH_RADIUS = 6378137.0
"""Of the Mercator projection: the equator's [m]."""


def read_oxts(path: Path) -> Matrix:
    """(6,) latitude and longitude [degrees], altitude [m], roll, pitch and yaw [rad] of one measurement.

    Raises:
        InputError: The file is missing or does not begin with six numbers.
    """
    if not path.exists():
        raise InputError(f"no OXTS file '{path}'; without motion set data.kitti.poses=none")
    words = read_text(path, "OXTS file").split()[:6]
    try:
        values = np.array([float(word) for word in words])
    except ValueError:
        values = np.zeros(0)
    if len(values) != 6 or not np.isfinite(values).all():
        raise InputError(f"OXTS file '{path}' does not begin with six numbers (lat, lon, alt, roll, pitch, yaw)")
    return values


def imu_pose(measurement: Matrix, latitude: float) -> Matrix:
    """(4,4) coordinates of the inertial unit to those of the world [m].

    x = s r lon, y = s r log tan(pi/4 + lat/2), z = alt with the angles in radians, r the earth's radius and
    s = cos(latitude) the scale of the projection; rotation = R_z(yaw) R_y(pitch) R_x(roll).

    Args:
        measurement: (6,) from `read_oxts`.
        latitude: Where the projection keeps lengths [degrees]; one value for all poses that are compared.
    """
    lat, lon = np.radians(measurement[:2])
    scale = np.cos(np.radians(latitude)) * EARTH_RADIUS
    pose = np.eye(4)
    pose[:3, :3] = _rotation(*measurement[3:])
    pose[:3, 3] = scale * lon, scale * np.log(np.tan(np.pi / 4 + lat / 2)), measurement[2]
    return pose


def camera_motion(target: Matrix, source: Matrix, to_camera: Matrix) -> Matrix:
    """(4,4) target camera to source camera [m], for one camera at two times.

    Args:
        target: (4,4) `imu_pose` at the target's time.
        source: (4,4) the same at the source's time.
        to_camera: (4,4) inertial unit to camera, fixed on the car.
    """
    return to_camera @ relative_pose(target, source) @ np.linalg.inv(to_camera)


def _rotation(roll: float, pitch: float, yaw: float) -> Matrix:
    """(3,3) unit to world: roll about x, then pitch about y, then yaw about z."""
    (cr, cp, cy), (sr, sp, sy) = np.cos([roll, pitch, yaw]), np.sin([roll, pitch, yaw])
    about_x = np.array([[1, 0, 0], [0, cr, -sr], [0, sr, cr]])
    about_y = np.array([[cp, 0, sp], [0, 1, 0], [-sp, 0, cp]])
    about_z = np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]])
    return about_z @ about_y @ about_x
