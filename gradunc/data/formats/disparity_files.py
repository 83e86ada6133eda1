"""Disparity maps in files: .pfm in pixels, 8- and 16-bit gray PNG with a scale. Needs numpy and Pillow only."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gradunc.data.formats.pfm import read_pfm
from gradunc.data.formats.pictures import open_picture
from gradunc.errors import InputError

SUFFIXES = (".pfm", ".png")
"""What `read_disparity` knows, in lower case."""


def read_disparity(path: Path, scale: float | None = None) -> NDArray[np.float32]:
    """Read a disparity map of the left view.

    Args:
        path: .pfm (infinity = unknown) or gray PNG (0 = unknown).
        scale: units per pixel of a PNG; None = 1 for 8 bits, and an error for 16 bits.

    Returns:
        (H,W) [px], infinity where unknown.

    Raises:
        InputError: missing or damaged, NaN, colour, not one known pixel, or 16 bits without a scale.
    """
    if path.suffix.lower() == ".pfm":
        disparity = read_pfm(path)
        if np.isnan(disparity).any():
            count = int(np.isnan(disparity).sum())
            raise InputError(f"disparity '{path}' is NaN in {count} of {disparity.size} pixels; unknown is infinity")
    else:
        stored, bits = _read_gray(path)
        if scale is None and bits > 8:
            raise InputError(
                f"disparity '{path}' has 16 bits: state data.stereo.disparity_scale, the units per pixel (256 = KITTI, "
                "1 = whole pixels)"
            )
        disparity = np.where(stored == 0, np.float32(np.inf), stored.astype(np.float32) / np.float32(scale or 1.0))
    if not np.isfinite(disparity).any():
        raise InputError(f"disparity '{path}' has no known pixel; remove it and its images")
    return disparity


def _read_gray(path: Path) -> tuple[NDArray[np.integer], int]:
    """(H,W) stored integers and their bits."""
    with open_picture(path, "disparity", ("PNG",)) as image:
        mode, stored = image.mode, np.asarray(image)
    if mode not in ("L", "I", "I;16"):
        raise InputError(f"disparity '{path}' is a PNG of mode {mode}, not of gray: a picture of disparity in colours?")
    return stored, 8 if mode == "L" else 16
