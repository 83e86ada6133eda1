"""TUM RGB-D: lists of time-stamped files, the trajectory, and which belong together. Needs numpy only.

Sturm et al., "A Benchmark for the Evaluation of RGB-D SLAM Systems", IROS 2012. `rgb.txt` and `depth.txt` have lines
`timestamp file`, `groundtruth.txt` lines `timestamp tx ty tz qx qy qz qw` (camera to world [m]); # begins a comment.
"""

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gradunc.data.formats.poses import Matrix, UnknownPose, checked_pose, pose_from_quaternion
from gradunc.errors import InputError
from gradunc.text_files import excerpt, listed_path, read_lines

UNITS_PER_METRE = 5000.0
INTRINSICS = (525.0, 525.0, 319.5, 239.5)
"""fx, fy, cx, cy at 640x480 [px] by which depth was registered to colour: the default of the ROS driver."""

TRAJECTORY_FILE = "groundtruth.txt"
TOLERANCE = 0.02
"""How far apart two time stamps of one moment may be [s], as in the published association."""


def read_list(path: Path) -> tuple[Matrix, list[Path]]:
    """Time stamps (N,) [s] in order, and the files they name, relative to the list's folder."""
    rows = sorted(
        (_time(words[0], path, line), listed_path(words[1], f"'{path}' line {line}")) for line, words in _lines(path, 2)
    )
    return np.array([time for time, _ in rows]), [path.parent / name for _, name in rows]


def read_trajectory(path: Path) -> tuple[Matrix, Matrix]:
    """Time stamps (N,) [s] in order, and rows (N,7) tx ty tz qx qy qz qw; see `pose`."""
    lines = _lines(path, 8)
    rows = np.array([[_time(words[0], path, line), *_numbers(words[1:8], path, line)] for line, words in lines])
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    return rows[:, 0], rows[:, 1:]


def pose(row: Matrix, name: str) -> Matrix:
    """(4,4) camera to world [m] of a row (7,) of a trajectory.

    Raises:
        InputError: a quaternion that is none; the message names `name`.
        UnknownPose: NaN or infinite numbers.
    """
    if not np.isfinite(row).all():
        raise UnknownPose(f"pose '{name}' is NaN or infinite: the recording lost track there")
    length = float(np.linalg.norm(row[3:]))
    if not abs(length - 1) < 0.01:
        raise InputError(f"pose '{name}' has a quaternion of length {length:.3g}, not 1: {row[3:].tolist()}")
    return checked_pose(pose_from_quaternion(row[:3], row[3:]), name)


def nearest(times: Matrix, others: Matrix, tolerance: float = TOLERANCE) -> NDArray[np.int64]:
    """The position in `others` of the stamp nearest to each of `times`; -1 where none is within `tolerance`.

    >>> nearest(np.array([0.0, 1.0]), np.array([0.99, 1.02]), 0.1).tolist()
    [-1, 0]
    """
    if not len(others):
        return np.full(len(times), -1)
    right = np.searchsorted(others, times).clip(0, len(others) - 1)
    left = (right - 1).clip(0)
    closer = np.where(np.abs(others[left] - times) <= np.abs(others[right] - times), left, right)
    return np.where(np.abs(others[closer] - times) <= tolerance, closer, -1)


def associate(times: Matrix, others: Matrix, tolerance: float = TOLERANCE) -> NDArray[np.int64]:
    """As `nearest`, but no stamp of `others` serves two: it goes to the one of `times` that is nearest to it.

    >>> associate(np.array([0.0, 0.015]), np.array([0.012])).tolist()
    [-1, 0]
    """
    found = nearest(times, others, tolerance)
    if not len(others):
        return found
    back = nearest(others, times, tolerance)
    return np.where((found >= 0) & (back[found] == np.arange(len(times))), found, -1)


def _lines(path: Path, words: int) -> list[tuple[int, list[str]]]:
    """Number and words of every line that is no comment; InputError for a short line, or none."""
    split = [(i, line.split()) for i, line in enumerate(read_lines(path, "list"), start=1)]
    rows = [(number, line) for number, line in split if line and not line[0].startswith("#")]
    for number, line in rows:
        if len(line) < words:
            raise InputError(f"'{path}' line {number} has {len(line)} words, not {words}")
    if not rows:
        raise InputError(f"'{path}' lists nothing")
    return rows


def _time(word: str, path: Path, line: int) -> float:
    time = _numbers([word], path, line)[0]
    if not math.isfinite(time):
        raise InputError(f"'{path}' line {line}: the time stamp '{excerpt(word)}' is no time")
    return time


def _numbers(words: list[str], path: Path, line: int) -> list[float]:
    try:
        return [float(word) for word in words]
    except ValueError as error:
        raise InputError(f"'{path}' line {line}: {excerpt(str(error), 80)}") from error
