"""True depth of KITTI raw: which files there are, and objects that read one in a loading process."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gradunc.data.formats import kitti_files, velodyne
from gradunc.data.formats.depth_files import read_png
from gradunc.data.formats.kitti import Side
from gradunc.data.formats.plausibility import check_unit
from gradunc.data.recorded.frames import Depth
from gradunc.data.sets.kitti.views import View
from gradunc.errors import InputError

Truth = Literal["velodyne", "improved", "none"]

UNITS_PER_METRE = 256
MEAN_DEPTH = (2.0, 50.0)
"""Mean of an improved depth map lies between these [m]; its files reach from about 3 to 90 m."""


@dataclass(frozen=True)
class VelodyneDepth:
    """A laser scan, projected into an image when it is called."""

    path: Path
    matrix: NDArray[np.float64]
    """(3,4) Velodyne points to homogeneous pixels."""
    size: tuple[int, int]
    """(H,W) of the image."""
    axis: velodyne.DepthAxis

    def __call__(self) -> Depth:
        """(H,W) [m], 0 where no point falls; InputError for a missing or damaged file, or no point inside."""
        depth = velodyne.depth_map(velodyne.read_velodyne(self.path), self.matrix, self.size, self.axis)
        if not depth.any():  # NaN falls nowhere, too
            raise InputError(
                f"Velodyne file '{self.path}' has no known pixel: none of its points falls into the image; take "
                "KITTI's own file, or remove it and its image"
            )
        return depth


@dataclass(frozen=True)
class ImprovedDepth:
    """A file of KITTI's improved depth (Uhrig et al., 3DV 2017): 16-bit PNG, 256 units per metre, 0 = unknown."""

    path: Path
    size: tuple[int, int]
    """(H,W) of the image."""

    def __call__(self) -> Depth:
        """(H,W) [m], 0 where unknown; InputError for a damaged file, another size or a wrong unit."""
        depth = read_png(self.path, UNITS_PER_METRE)
        if depth.shape != self.size:
            shape, wanted = (f"{width}x{height}" for height, width in (depth.shape, self.size))
            raise InputError(
                f"depth '{self.path}' has {shape} pixels, the images of its date have {wanted}: it was resized or "
                "cropped; take KITTI's own file"
            )
        key = f"data.kitti.truth_root to KITTI's own files, which have {UNITS_PER_METRE} units per metre"
        return check_unit(depth, str(self.path), key, MEAN_DEPTH)


class TruthFiles:
    """Finds the truth of views; lists each folder once.

    Args:
        kind: velodyne or improved; "none" has no files.
        root: of the dates.
        improved_root: of the improved depth.
        axis: of the Velodyne depth.
    """

    def __init__(self, kind: Truth, root: Path, improved_root: Path, axis: velodyne.DepthAxis) -> None:
        self.kind: Truth = kind
        self._root, self._improved_root = root, improved_root
        self._axis: velodyne.DepthAxis = axis
        self._files: dict[tuple[str, Side], dict[int, Path]] = {}

    def files(self, drive: str, side: Side) -> dict[int, Path]:
        """Frame id -> file."""
        if (drive, side) not in self._files:
            if self.kind == "velodyne":
                self._files[drive, side] = kitti_files.velodyne_frames(self._root, drive)
            else:
                self._files[drive, side] = kitti_files.improved_frames(self._improved_root, drive, side)
        return self._files[drive, side]

    def has(self, view: View) -> bool:
        """Whether a view has what is asked for, which may be nothing."""
        return self.kind == "none" or view.frame in self.files(view.drive, view.side)

    def reader(
        self, view: View, matrix: NDArray[np.float64] | None, size: tuple[int, int]
    ) -> Callable[[], Depth] | None:
        """What reads the truth of a view, or fails to; `matrix` and `size` as in `VelodyneDepth`."""
        if self.kind == "none":
            return None
        path = self.files(view.drive, view.side).get(view.frame, self._path(view))
        if self.kind == "improved":
            return ImprovedDepth(path, size)
        assert matrix is not None, "read with the calibration whenever scans are asked for"
        return VelodyneDepth(path, matrix, size, self._axis)

    def missing(self, view: View) -> str:
        """What is missing of a view, and the way out."""
        if self.kind == "velodyne":
            return f"no Velodyne file '{self._path(view)}'; without true depth set data.kitti.truth=none"
        return (
            f"no improved depth '{self._path(view)}' (nor under train/ or val/); set data.kitti.truth_root to the "
            "folder of data_depth_annotated, or data.kitti.truth=velodyne"
        )

    def _path(self, view: View) -> Path:
        """Where the file of a view should lie."""
        if self.kind == "velodyne":
            return kitti_files.velodyne_path(self._root, view.drive, view.frame)
        folders = kitti_files.improved_folders(self._improved_root, view.drive, view.side)
        return folders[0] / f"{view.frame:010d}.png"
