"""A KITTI calibration whose pixels can be computed by hand, and where the real frames are."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gradunc.data.formats import kitti, kitti_files
from tests.helpers import DATA

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
# Laser = inertial unit, moved by 1 m forward, so that camera z = unit x - 1.25.
IMU = """calib_time: 25-May-2012 16:47:16
R: 1 0 0 0 1 0 0 0 1
T: -1 0 0
"""
SIZE = (10, 20)
DRIVE = "2011_09_26/2011_09_26_drive_0002_sync"

KITTI = DATA / "kitti_raw"
needs_kitti = pytest.mark.skipif(not KITTI.is_dir(), reason=f"no real KITTI frames in {KITTI} (set GRADUNC_DATA)")


def laser(x: float, y: float, z: float) -> list[float]:
    """The laser point (with a reflectance) of a camera point."""
    return [z + 0.25, -x, -y, 0.5]


def write_drive(root: Path, frames: int) -> Path:
    """One drive; the gray of an image is 10 * frame on the left and 100 more on the right, depth 10 + frame/8 m."""
    date = root / "2011_09_26"
    date.mkdir()
    for name, text in ((kitti.CAMERA_FILE, CAMERAS), (kitti.VELODYNE_FILE, VELODYNE), (kitti.IMU_FILE, IMU)):
        (date / name).write_text(text)
    for frame in range(frames):
        for side, base in (("l", 0), ("r", 100)):
            path = kitti_files.image_path(root, DRIVE, side, frame)
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (20, 10), (base + 10 * frame,) * 3).save(path)
        scan = kitti_files.velodyne_path(root, DRIVE, frame)
        scan.parent.mkdir(parents=True, exist_ok=True)
        scan.write_bytes(np.array([laser(0, 0, 10 + frame / 8)], dtype="<f4").tobytes())
    return root
