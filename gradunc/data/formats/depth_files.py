"""Depth maps in files: 16-bit PNG with a scale, .npy and .exr in metres. Needs numpy and Pillow, for .exr OpenEXR."""

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradunc.data.formats.depth_png import read_png16
from gradunc.data.formats.pictures import LARGEST_FILE, check_pixels
from gradunc.errors import InputError
from gradunc.files import check_regular

SUFFIXES = (".png", ".npy", ".exr")
"""What `read_depth` knows, in lower case."""

EXR_CHANNELS = ("Z", "Y", "V", "R")
"""Channels that may hold depth, the first one found is read: Blender writes V or Z, gray images are Y, colour is R."""


def read_depth(
    path: Path, scale: float, unknown: Sequence[int] = (0,), *, nan_is_unknown: bool = False
) -> NDArray[np.float32]:
    """Read any depth file, by its suffix.

    Args:
        path: .png, .npy or .exr.
        scale: units per metre of a PNG: 1000 for millimetres, 256 for KITTI, 5000 for TUM.
        unknown: stored values of a PNG that mean "no depth".
        nan_is_unknown: NaN and infinity in .npy and .exr mean "no depth", as ROS writes it; otherwise an error.

    Returns:
        (H,W) [m], 0 where unknown.

    Raises:
        InputError: missing, no regular file, damaged, more than `LARGEST_IMAGE` pixels; a wrong number of bits or
            axes, NaN, negative values, or no pixel at all.
    """
    check_regular(path, "depth", LARGEST_FILE)
    suffix = path.suffix.lower()
    if suffix == ".png":
        return read_png(path, scale, unknown)
    if suffix not in SUFFIXES:
        raise InputError(f"depth '{path}' is neither of {', '.join(SUFFIXES)}")
    metres = _read_npy(path) if suffix == ".npy" else _read_exr(path)
    return _checked(metres, path, nan_is_unknown=nan_is_unknown)


def read_png(path: Path, scale: float, unknown: Sequence[int] = (0,)) -> NDArray[np.float32]:
    """Read a 16-bit gray PNG: (H,W) [m], 0 where one of the `unknown` values stands; see `read_depth`."""
    stored = read_png16(path)
    depth = stored.astype(np.float32) / np.float32(scale)
    depth[np.isin(stored, unknown)] = 0
    return _checked(depth, path)


def _read_npy(path: Path) -> NDArray[Any]:
    try:
        # Mapped: nothing is read or taken before the header is checked, and the file must be as long as that says.
        values = np.load(path, mmap_mode="r" if path.stat().st_size else None, allow_pickle=False)
    except Exception as error:  # numpy raises several kinds for damaged headers
        raise InputError(f"cannot read depth '{path}': {_line(error)}") from error
    if not isinstance(values, np.ndarray) or not np.issubdtype(values.dtype, np.floating):
        kind = values.dtype if isinstance(values, np.ndarray) else "an archive"
        raise InputError(f"depth '{path}' holds {kind}; .npy files hold metres as float32")
    check_pixels("depth", path, (values.size, 1))
    return np.array(values)


def _read_exr(path: Path) -> NDArray[Any]:
    try:
        library: Any = importlib.import_module("OpenEXR")
    except ImportError as error:
        raise InputError(f"reading '{path}' needs OpenEXR: pip install 'gradunc[exr]'") from error
    try:
        with library.File(str(path), separate_channels=True, header_only=True) as file:
            low, high = file.header()["dataWindow"]
        check_pixels("depth", path, [int(last) - int(first) + 1 for first, last in zip(low, high, strict=True)])
        with library.File(str(path), separate_channels=True) as file:
            channels = {name: np.array(channel.pixels) for name, channel in file.channels().items()}
    except InputError:
        raise
    except Exception as error:  # RuntimeError and others of the C++ library
        raise InputError(f"cannot read depth '{path}': {_line(error)}") from error
    short = {name.rpartition(".")[2].upper(): name for name in channels}
    found = [short[name] for name in EXR_CHANNELS if name in short]
    if len(channels) == 1:
        found = list(channels)
    if not found:
        raise InputError(f"depth '{path}' has the channels {', '.join(channels)}, none of {', '.join(EXR_CHANNELS)}")
    return channels[found[0]]


def _checked(metres: NDArray[Any], path: Path, *, nan_is_unknown: bool = False) -> NDArray[np.float32]:
    """(H,W) float32 of what a file holds; InputError for what no depth map can hold."""
    if metres.ndim == 3 and 1 in (metres.shape[0], metres.shape[2]):
        metres = metres.squeeze(0 if metres.shape[0] == 1 else 2)
    if metres.ndim != 2 or 0 in metres.shape:
        raise InputError(f"depth '{path}' has the shape {metres.shape}, not (H,W)")
    depth = metres.astype(np.float32)
    finite = np.isfinite(depth)
    if not finite.all() and not nan_is_unknown:
        raise InputError(
            f"depth '{path}' is NaN or infinite in {int((~finite).sum())} of {depth.size} pixels; write 0 where depth "
            "is unknown (data=folder: or set data.folder.nan_is_unknown=true)"
        )
    depth = np.where(finite, depth, np.float32(0))
    if depth.min() < 0:
        raise InputError(f"depth '{path}' has negative values (least {depth.min():g} m); write 0 where it is unknown")
    if not depth.any():
        raise InputError(f"depth '{path}' has no known pixel; remove it and its image")
    return depth


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
