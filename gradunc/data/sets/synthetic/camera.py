"""The camera: its intrinsics, its way through the street and the poses of its views.

The world frame has the camera's orientation: x right, y down, z along the street; the ground is y = 0.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Camera = Literal["left", "right"]

FRAME_INTERVAL = 0.1
"""Time between temporal neighbours [s]."""
TRAVEL_TIME = 3.0
"""Length of the camera's way in time [s]; the target views are spread over it."""
FOCAL_PER_WIDTH = 0.58
"""Focal length over image width, as in KITTI."""


def intrinsics(height: int, width: int) -> NDArray[np.float32]:
    """The 3x3 camera matrix [pixels]: square pixels, principal point in the middle of the image."""
    focal = FOCAL_PER_WIDTH * width
    return np.array([[focal, 0.0, (width - 1) / 2], [0.0, focal, (height - 1) / 2], [0.0, 0.0, 1.0]], dtype=np.float32)


def rotation(yaw: float, pitch: float) -> NDArray[np.float64]:
    """3x3 rotation camera -> world; positive yaw looks right, positive pitch looks up [rad]."""
    cy, sy, cp, sp = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
    about_y = np.array([[cy, 0.0, sy], [0.0, 1.0, 0.0], [-sy, 0.0, cy]])
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, cp, -sp], [0.0, sp, cp]])
    return about_y @ about_x


@dataclass(frozen=True)
class Oscillation:
    """A value that swings about its mean: mean + amplitude sin(rate time + phase)."""

    mean: float
    amplitude: float = 0.0
    rate: float = 0.0
    phase: float = 0.0

    def at(self, time: float) -> float:
        """The value at a time [s]."""
        return self.mean + self.amplitude * float(np.sin(self.rate * time + self.phase))


@dataclass(frozen=True)
class Trajectory:
    """The way of the left camera: straight on at constant speed, with a small sway."""

    speed: float
    """Along the street [m/s]."""
    lateral: Oscillation
    """x [m]."""
    height: Oscillation
    """Above the ground [m]."""
    yaw: Oscillation
    """[rad]."""
    pitch: Oscillation
    """[rad]."""

    def pose(self, time: float, camera: Camera, baseline: float) -> NDArray[np.float64]:
        """4x4 pose camera -> world of one camera of the pair at a time [s]."""
        pose = np.eye(4)
        pose[:3, :3] = rotation(self.yaw.at(time), self.pitch.at(time))
        pose[:3, 3] = self.lateral.at(time), -self.height.at(time), self.speed * time
        if camera == "right":
            pose[:3, 3] += baseline * pose[:3, 0]
        return pose


def relative_pose(target: NDArray[np.float64], source: NDArray[np.float64]) -> NDArray[np.float32]:
    """4x4 target camera -> source camera, from two poses camera -> world."""
    return (np.linalg.inv(source) @ target).astype(np.float32)
