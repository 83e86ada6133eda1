"""Calibration of rectified stereo pairs: Middlebury's calib.txt and our calibration.json, and depth of disparity.

Scharstein et al., "High-Resolution Stereo Datasets with Subpixel-Accurate Ground Truth", GCPR 2014:
depth = fx * baseline / (disparity + doffs), doffs = cx of the right camera - cx of the left one. Needs numpy only.
"""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradunc import text_files
from gradunc.data.remarks import Assumption
from gradunc.errors import InputError, unknown

NEEDED = {"fx": "pixels", "baseline": "metres"}
"""Keys of every calibration.json, and their units."""

OPTIONAL = ("fy", "cx", "cy", "doffs", "disparity_scale", "depth_scale", "width", "height")
"""Keys that it may have."""

NO_DOFFS = Assumption(
    "doffs 0 px",
    "calibration.json has no doffs, cx of the right camera - cx of the left one; write it, 0 where they are equal",
)
NO_SIZE = Assumption(
    "calibration about the stored images",
    "its file has no width and height, the size that fx and all pixels in it are about; write both into it",
)


@dataclass(frozen=True)
class StereoCalibration:
    """A rectified pair of cameras."""

    fx: float
    """Of both cameras [px]."""
    fy: float
    cx: float
    """Of the left camera [px], pixel centres being integers."""
    cy: float
    baseline: float
    """[m], the right camera stands that far to the right."""
    doffs: float = 0.0
    """cx of the right camera - cx of the left one [px]."""
    disparity_scale: float | None = None
    """Units per pixel of stored integer disparities; None = not stated."""
    depth_scale: float | None = None
    """Units per metre of stored integer depth; None = not stated."""
    assumed: tuple[Assumption, ...] = field(default=(), compare=False)
    """What of it nothing states."""

    @property
    def matrix(self) -> NDArray[np.float64]:
        """(3,3) intrinsics of the left camera."""
        return np.array([[self.fx, 0, self.cx], [0, self.fy, self.cy], [0, 0, 1]], dtype=np.float64)

    @property
    def pose(self) -> NDArray[np.float64]:
        """(4,4) points of the left camera to those of the right one [m]."""
        pose = np.eye(4)
        pose[0, 3] = -self.baseline
        return pose

    def depth(self, disparity: NDArray[np.float32]) -> NDArray[np.float32]:
        """(H,W) [m] of disparity [px], 0 where it is infinite or NaN or sees nothing (disparity + doffs <= 0)."""
        with np.errstate(invalid="ignore"):
            total = np.where(np.isfinite(disparity), disparity + np.float32(self.doffs), 0)
        known = total > 0
        depth = self.fx * self.baseline / np.where(known, total, 1)
        return np.where(known, depth, 0).astype(np.float32)


def read_middlebury(path: Path, size: tuple[int, int]) -> StereoCalibration:
    """Read a calib.txt of Middlebury 2014 or 2021, whose baseline is in millimetres.

    Args:
        path: lines `key=value`.
        size: (H,W) of the images, which the calibration must be about.

    Raises:
        InputError: missing, or without a key; about images of another size.
    """
    lines = [line.partition("=") for line in text_files.read_lines(path, "calibration") if "=" in line]
    values = {key.strip(): value.strip() for key, _, value in lines}
    camera = _numbers(values.get("cam0", "").replace(";", " ").strip("[] "), path, "cam0", 9)
    doffs, baseline = (_numbers(values.get(key, ""), path, key, 1)[0] for key in ("doffs", "baseline"))
    sized = "width" in values and "height" in values
    if sized:
        _check_size(path, [_numbers(values[key], path, key, 1)[0] for key in ("height", "width")], size)
    found = StereoCalibration(
        camera[0], camera[4], camera[2], camera[5], baseline / 1000, doffs, assumed=() if sized else (NO_SIZE,)
    )
    return _checked(found, path, "baseline (mm)")


def read_json(path: Path, size: tuple[int, int]) -> StereoCalibration:
    """Read a calibration.json.

    Args:
        path: one JSON object with fx and baseline [m], optionally fy, cx, cy, doffs, disparity_scale, depth_scale,
            width, height; fy is fx and the principal point the middle of the image where they are not given.
        size: (H,W) of the images.

    Raises:
        InputError: no JSON object, an unknown or missing key, no number; about images of another size.
    """
    if not path.exists():
        raise InputError(
            f'no file \'{path}\'; write {{"fx": PIXELS, "baseline": METRES}} into it, or state data.stereo.focal '
            f"(pixels of {size[1]}x{size[0]}) and data.stereo.baseline (metres)"
        )
    numbers = _json_numbers(path, text_files.read_json(path, "calibration"))
    sized = "width" in numbers and "height" in numbers
    if sized:
        _check_size(path, [numbers["height"], numbers["width"]], size)
    numbers = {key: value for key, value in numbers.items() if key not in ("width", "height")}
    middle = {"fy": numbers["fx"], "cx": (size[1] - 1) / 2, "cy": (size[0] - 1) / 2}
    assumed = ((NO_DOFFS,) if "doffs" not in numbers else ()) + (() if sized else (NO_SIZE,))
    return _checked(StereoCalibration(**{**middle, **numbers}, assumed=assumed), path, "baseline (m)")


def _json_numbers(path: Path, content: Any) -> dict[str, float]:
    """The numbers of a calibration.json by their keys; InputError names the first key that is wrong or missing."""
    if not isinstance(content, dict):
        raise InputError(f"'{path}' must be one object with fx [px], baseline [m] and, if known, {', '.join(OPTIONAL)}")
    for key, value in content.items():
        if key not in (*NEEDED, *OPTIONAL):
            raise unknown(f"key in '{path}'", key, (*NEEDED, *OPTIONAL))
        if type(value) not in (int, float) or not math.isfinite(value):
            raise InputError(f"'{path}': '{key}' is no number: {json.dumps(value)}")
    for key, unit in NEEDED.items():
        if key not in content:
            raise InputError(f"'{path}' has no '{key}' ({unit})")
    return {key: float(value) for key, value in content.items()}


def read_number(path: Path) -> float:
    """The one number of a text file, as dmin.txt of Middlebury 2006; InputError for anything else."""
    return _numbers(text_files.read_text(path, "calibration"), path, path.stem, 1)[0]


def _checked(calibration: StereoCalibration, path: Path, baseline: str) -> StereoCalibration:
    scales = (calibration.disparity_scale or 1.0, calibration.depth_scale or 1.0)
    if not (calibration.fx > 0 and calibration.fy > 0 and calibration.baseline > 0 and min(scales) > 0):
        raise InputError(f"calibration '{path}': fx, fy, {baseline} and scales must be above 0")
    return calibration


def _check_size(path: Path, about: list[float], size: tuple[int, int]) -> None:
    if tuple(about) != size:
        raise InputError(
            f"calibration '{path}' is about {about[1]:g}x{about[0]:g} pixels, the images have {size[1]}x{size[0]}; fx, "
            "cx, cy, doffs and disparity change with the size of the images"
        )


def _numbers(text: str, path: Path, key: str, count: int) -> list[float]:
    try:
        numbers = [float(word) for word in text.split()]
    except ValueError:
        numbers = []
    if len(numbers) != count or not np.isfinite(numbers).all():
        raise InputError(f"calibration '{path}' has no {count} number(s) '{key}='")
    return numbers
