"""The camera of people's own recordings: `intrinsics.json` and `poses.txt`. Needs numpy only."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradunc.data.formats.poses import checked_pose
from gradunc.errors import InputError
from gradunc.text_files import read_json, read_lines

Matrix = NDArray[np.float64]
DISTORTION = ("k1", "k2", "k3", "k4", "p1", "p2", "distortion")
"""Keys of other programs; lens distortion must have been removed from the images."""


def read_intrinsics(path: Path) -> tuple[Matrix, tuple[int, int] | None]:
    """Read a camera matrix, {"fx", "fy", "cx", "cy"} or {"K": 3x3 rows}, with {"width", "height"} or without.

    Pixel centres are integers: the middle of the image is ((width - 1)/2, (height - 1)/2).

    Returns:
        (3,3) in pixels, and the (H,W) of the images it is about; None where the file does not say.

    Raises:
        InputError: no JSON (`read_json`), a missing key, numbers that no camera has, lens distortion.
    """
    content = read_json(path, "camera")
    if not isinstance(content, dict):
        raise InputError(f"'{path}' must hold {{fx, fy, cx, cy, width, height}} or {{K, width, height}}")
    distortion = [name for name in DISTORTION if np.any(_numbers(path, content, name, default=0.0))]
    if distortion:
        raise InputError(f"'{path}' has lens distortion ({', '.join(distortion)}); undistort the images and omit it")
    matrix = _matrix(path, content)
    if not (np.isfinite(matrix).all() and matrix[0, 0] > 0 and matrix[1, 1] > 0 and (matrix[2] == [0, 0, 1]).all()):
        raise InputError(f"'{path}' is no camera matrix: fx and fy must be above 0 and the last row of K 0, 0, 1")
    return matrix, _size(path, content)


def centred_intrinsics(focal: float, size: tuple[int, int]) -> Matrix:
    """(3,3) of square pixels and the principal point in the middle of an image (H,W).

    >>> centred_intrinsics(100.0, (4, 6)).tolist()
    [[100.0, 0.0, 2.5], [0.0, 100.0, 1.5], [0.0, 0.0, 1.0]]
    """
    return np.array([[focal, 0, (size[1] - 1) / 2], [0, focal, (size[0] - 1) / 2], [0, 0, 1]], dtype=np.float64)


def read_poses(path: Path, count: int) -> Matrix:
    """Read one pose camera -> world [m] per line: 12 numbers (the upper three rows) or 16, row by row.

    Args:
        path: text file; the lines are in the order of the images.
        count: number of images.

    Returns:
        (count,4,4).

    Raises:
        InputError: another number of lines or of numbers, or no rigid motion.
    """
    lines = [line for line in read_lines(path, "poses") if line.strip() and not line.startswith("#")]
    if len(lines) != count:
        raise InputError(f"'{path}' has {len(lines)} poses for {count} images; it needs one line for every image")
    poses = np.tile(np.eye(4), (count, 1, 1))
    for number, (line, pose) in enumerate(zip(lines, poses, strict=True), start=1):
        try:
            values = np.array([float(word) for word in line.split()])
        except ValueError:
            values = np.zeros(0)
        if values.size not in (12, 16):
            raise InputError(f"'{path}', pose {number}: '{line[:40]}' is not 12 or 16 numbers")
        pose[:3] = values[:12].reshape(3, 4)
        checked_pose(pose, f"{path}' line {number}, '{line[:20]}...")
    return poses


def _matrix(path: Path, content: Mapping[str, Any]) -> Matrix:
    if "K" in content:
        matrix = _numbers(path, content, "K")
        if matrix.size != 9:
            raise InputError(f"'{path}': 'K' has {matrix.size} numbers, not 3x3")
        return matrix.reshape(3, 3)
    fx, fy, cx, cy = (float(_numbers(path, content, name).item()) for name in ("fx", "fy", "cx", "cy"))
    return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])


def _size(path: Path, content: Mapping[str, Any]) -> tuple[int, int] | None:
    if "width" not in content and "height" not in content:
        return None
    height, width = (float(_numbers(path, content, name).item()) for name in ("height", "width"))
    if height < 1 or width < 1 or height % 1 or width % 1:
        raise InputError(f"'{path}': width={width:g} and height={height:g} must be whole numbers of pixels")
    return int(height), int(width)


def _numbers(path: Path, content: Mapping[str, Any], name: str, default: float | None = None) -> Matrix:
    """The value of a key as numbers; a single number for all keys but matrices and lists."""
    if name not in content and default is None:
        raise InputError(f"'{path}' has no '{name}'; it needs fx, fy, cx, cy (or K), width and height")
    try:
        numbers = np.asarray(content.get(name, default), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"'{path}': '{name}' is no number: {json.dumps(content[name])}") from error
    if not np.isfinite(numbers).all() or (name not in ("K", "distortion") and numbers.size != 1):
        raise InputError(f"'{path}': '{name}' is no number: {json.dumps(content[name])}")  # numpy makes NaN of null
    return numbers
