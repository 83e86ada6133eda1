"""Rigid camera poses of recordings: checking them, and the motion from one camera to another. Needs numpy only."""

import numpy as np
from numpy.typing import NDArray

from gradunc.errors import InputError

Matrix = NDArray[np.float64]


class UnknownPose(InputError):
    """A recording does not know where the camera was; nothing is wrong with the files beside that."""


TOLERANCE = 1e-2
"""How far R^T R may be from the identity: files round to few digits."""


def checked_pose(matrix: Matrix, name: str) -> Matrix:
    """(4,4) camera to world [m], as it is.

    Raises:
        InputError: no rigid motion; the message names `name`.
        UnknownPose: NaN or infinite numbers.
    """
    if matrix.shape != (4, 4):
        raise InputError(f"pose '{name}' has the shape {matrix.shape}, not (4,4)")
    if not np.isfinite(matrix).all():
        raise UnknownPose(f"pose '{name}' is NaN or infinite: the recording lost track there; remove the frame")
    rotation = matrix[:3, :3]
    error = float(np.abs(rotation.T @ rotation - np.eye(3)).max())
    if error > TOLERANCE or np.linalg.det(rotation) < 0 or np.abs(matrix[3] - (0, 0, 0, 1)).max() > TOLERANCE:
        raise InputError(
            f"pose '{name}' is no rigid camera-to-world matrix [R t; 0 0 0 1]: R^T R differs from 1 by {error:.2g}, "
            f"det R = {np.linalg.det(rotation):.2g}, last row {matrix[3].tolist()}"
        )
    return matrix


def pose_from_quaternion(translation: Matrix, quaternion: Matrix) -> Matrix:
    """(4,4) of a translation (3,) [m] and a quaternion (4,) in the order x, y, z, w, of any length but 0.

    >>> half_turn = pose_from_quaternion(np.array([1.0, 2, 3]), np.array([0, 0, 2.0, 0]))
    >>> (half_turn @ (1, 0, 0, 1)).tolist()
    [0.0, 2.0, 3.0, 1.0]
    """
    x, y, z, w = quaternion / np.linalg.norm(quaternion)
    pose = np.eye(4)
    pose[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    pose[:3, 3] = translation
    return pose


def relative_pose(target: Matrix, source: Matrix) -> Matrix:
    """(4,4) points of the target camera to those of the source camera, of two (4,4) camera-to-world poses [m].

    >>> ahead = np.eye(4)
    >>> ahead[2, 3] = 1.0
    >>> float(relative_pose(np.eye(4), ahead)[2, 3])  # 5 m before the target is 4 m before a source 1 m ahead
    -1.0
    """
    return np.linalg.inv(source) @ target
