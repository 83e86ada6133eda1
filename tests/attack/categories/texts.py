"""Damaged calibrations, trajectories and lists."""

import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

from gradunc.data.formats import camera_files, kitti, kitti_odometry, oxts, seven_scenes, stereo, tum
from tests.attack.copies import regular_files
from tests.attack.damage import TEXT_FILES, damage
from tests.attack.originals import SHAPE

READERS: dict[str, Callable[[Path], object]] = {
    "intrinsics.json": camera_files.read_intrinsics,
    "poses.txt": lambda path: camera_files.read_poses(path, 10),
    "calibration.json": lambda path: stereo.read_json(path, SHAPE),
    "middlebury/Piano/calib.txt": lambda path: stereo.read_middlebury(path, SHAPE),
    "calib_cam_to_cam.txt": kitti.read_calibration,
    "calib_velo_to_cam.txt": kitti.read_calibration,
    "calib_imu_to_velo.txt": kitti.read_calibration,
    "oxts/data": oxts.read_oxts,
    "kitti_odometry/poses": kitti_odometry.read_poses,
    "rgb.txt": tum.read_list,
    "depth.txt": tum.read_list,
    "groundtruth.txt": tum.read_trajectory,
    "camera-intrinsics.txt": seven_scenes.read_intrinsics,
    "pose.txt": seven_scenes.read_pose,
}
"""Part of a path -> reader; the first that fits."""

DEEP = ("[" * 100_000, '{"fx":' * 30_000, "[" * 3_000 + "]" * 3_000, '{"fx": 1e400}', '{"fx": ' + "9" * 5000 + "}")


def reader_of(path: Path) -> Callable[[Path], object] | None:
    """Who reads such a file."""
    return next((read for part, read in READERS.items() if part in path.as_posix()), None)


def trial(folder: Path, random: Random, originals: Path) -> None:
    """A text file of one of the trees, damaged, deeply nested, or with a byte order mark in front."""
    known = [path for path in regular_files(originals / "trees") if path.suffix in TEXT_FILES and reader_of(path)]
    chosen = random.choice(known)
    read = reader_of(chosen)
    assert read is not None
    path = Path(shutil.copy(chosen, folder / chosen.name))
    choice = random.random()
    if choice < 0.05:
        path.write_text(random.choice(DEEP))
    elif choice < 0.1:
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    else:
        damage(path, random)
    read(path)
