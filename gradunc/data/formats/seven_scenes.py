"""7-Scenes: names, poses and intrinsics of its recordings. Needs numpy only.

Shotton et al., "Scene Coordinate Regression Forests for Camera Relocalization in RGB-D Images", CVPR 2013. A folder
holds `frame-XXXXXX.color.png` (or .jpg), `.depth.png` (mm) and `.pose.txt` (camera to world [m]).
"""

import re
from pathlib import Path

import numpy as np

from gradunc.data.formats.poses import Matrix, UnknownPose, checked_pose
from gradunc.errors import InputError
from gradunc.text_files import excerpt, read_text

UNITS_PER_METRE = 1000.0
UNKNOWN = (0, 65535)
INTRINSICS = (585.0, 585.0, 320.0, 240.0)
"""fx, fy, cx, cy of the published recordings at 640x480 [px]; uncalibrated, as its authors say."""

CALIBRATION_FILE = "camera-intrinsics.txt"
_COLOR = re.compile(r"frame-([0-9]+)\.color\.(png|jpg|jpeg)", re.IGNORECASE)


def color_images(folder: Path) -> dict[int, Path]:
    """Frame number -> colour image, in order."""
    found = ((match, file) for file in sorted(folder.iterdir()) if (match := _COLOR.fullmatch(file.name)))
    return dict(sorted((int(match[1]), file) for match, file in found))


def companion(image: Path, ending: str) -> Path:
    """The file of the same frame with another ending, whether it exists or not.

    >>> companion(Path("frame-000007.color.png"), "pose.txt").name
    'frame-000007.pose.txt'
    """
    return image.with_name(f"{image.name.split('.')[0]}.{ending}")


def read_pose(path: Path) -> Matrix:
    """(4,4) camera to world [m]; UnknownPose for a missing file or NaN, InputError for what is no rigid motion."""
    if not path.exists():
        raise UnknownPose(f"no pose file '{path}'")
    return checked_pose(_read_matrix(path, "pose", (4, 4)), str(path))


def read_intrinsics(path: Path) -> Matrix:
    """(3,3) of a text file of three rows [px]; InputError for anything else."""
    matrix = _read_matrix(path, "intrinsics", (3, 3))
    if not np.isfinite(matrix).all() or matrix[0, 0] <= 0 or matrix[1, 1] <= 0 or matrix[2].tolist() != [0, 0, 1]:
        raise InputError(f"intrinsics '{path}' are not [fx 0 cx; 0 fy cy; 0 0 1] with fx, fy > 0")
    return matrix


def _read_matrix(path: Path, kind: str, shape: tuple[int, int]) -> Matrix:
    words = read_text(path, kind).split()
    try:
        numbers = np.array([float(word) for word in words])
    except ValueError as error:
        raise InputError(f"{kind} '{path}' holds something else than numbers: {excerpt(str(error), 80)}") from error
    if numbers.size != np.prod(shape):
        raise InputError(f"{kind} '{path}' has {numbers.size} numbers, not {np.prod(shape)}")
    return numbers.reshape(shape)
