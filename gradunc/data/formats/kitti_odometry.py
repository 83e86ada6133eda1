"""KITTI odometry: where its files lie, its calibration and its poses. Needs numpy only.

`sequences/00/image_2|image_3/000000.png` in colour or `image_0|image_1` in grey, `sequences/00/calib.txt` and, for the
sequences 00 to 10, `poses/00.txt`: per frame the upper three rows of the motion from that frame's coordinates of
camera 0 to those of the first frame [m] (Geiger et al., "Are we ready for Autonomous Driving?", CVPR 2012).
"""

from pathlib import Path

import numpy as np

from gradunc.data.formats.kitti import Matrix, Side, projection_of, read_calibration
from gradunc.data.formats.kitti_files import is_number, numbered_files
from gradunc.data.formats.poses import checked_pose
from gradunc.errors import InputError
from gradunc.text_files import read_lines

COLOUR: dict[Side, str] = {"l": "2", "r": "3"}
GREY: dict[Side, str] = {"l": "0", "r": "1"}
"""Side -> number of its camera: of the folder of its images, and of the row of its calibration."""


def sequence_name(word: str) -> str:
    """The folder of a sequence given as "9" or "09"; "" for what is no number."""
    return f"{int(word):02d}" if is_number(word) else ""


def cameras(root: Path, sequence: str) -> dict[Side, str]:
    """The cameras whose images are read: the colour ones, but where a sequence has only grey images, the grey ones."""
    folder = root / "sequences" / sequence

    def are_there(numbers: dict[Side, str]) -> bool:
        return any((folder / f"image_{number}").is_dir() for number in numbers.values())

    return GREY if are_there(GREY) and not are_there(COLOUR) else COLOUR


def image_path(root: Path, sequence: str, side: Side, frame: int) -> Path:
    """Where an image lies, whether it exists or not."""
    return root / "sequences" / sequence / f"image_{cameras(root, sequence)[side]}" / f"{frame:06d}.png"


def image_frames(root: Path, sequence: str, side: Side) -> dict[int, Path]:
    """Frame id -> image file of one camera, in order; a .png is preferred to a .jpg of the same frame."""
    folder = image_path(root, sequence, side, 0).parent
    return dict(sorted((numbered_files(folder, ".jpg") | numbered_files(folder, ".png")).items()))


def pose_path(root: Path, sequence: str) -> Path:
    """Where the poses of a sequence lie, whether they exist or not."""
    return root / "poses" / f"{sequence}.txt"


def read_projection(root: Path, sequence: str, side: Side) -> Matrix:
    """(3,4) rectified coordinates of camera 0 to homogeneous pixels of the camera at `side`.

    Raises:
        InputError: no calibration file, or none of this camera in it.
    """
    calibration = read_calibration(root / "sequences" / sequence / "calib.txt")
    return projection_of(calibration, f"P{cameras(root, sequence)[side]}")


def read_poses(path: Path) -> Matrix:
    """(n,4,4) camera 0 of each frame to camera 0 of the first one [m].

    Raises:
        InputError: a line is not the upper three rows of a rigid motion.
    """
    poses = []
    for number, line in enumerate(read_lines(path, "poses"), start=1):
        if not line.strip():
            continue
        try:
            values = np.array([float(word) for word in line.split()])
        except ValueError:
            values = np.zeros(0)
        if values.size != 12:
            raise InputError(f"'{path}', line {number}: a pose has 12 numbers, this has {len(line.split())} words")
        pose = np.eye(4)
        pose[:3] = values.reshape(3, 4)
        poses.append(checked_pose(pose, f"{path}, line {number}"))
    return np.array(poses).reshape(-1, 4, 4)


def format_poses(poses: Matrix) -> str:
    """The text of a pose file: (n,4,4) to one line of 12 numbers per frame."""
    return "".join(" ".join(f"{value:.9e}" for value in pose[:3].flat) + "\n" for pose in poses)
