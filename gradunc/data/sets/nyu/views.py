"""Images and true depth of NYU Depth V2 inside HDF5 files; small objects that open their file when they are called."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gradunc.data.formats import nyu
from gradunc.data.formats.plausibility import check_unit
from gradunc.data.image_files import resize_bytes
from gradunc.data.recorded.frames import Depth
from gradunc.data.recorded.shape import check_shape
from gradunc.data.recorded.sizes import check_aspect
from gradunc.data.recorded.views import Box
from gradunc.errors import InputError
from gradunc.types import Size


@dataclass(frozen=True)
class NyuImage:
    """An image of the labelled file, or of a FastDepth file."""

    path: Path
    index: int | None = None
    """Position in the labelled file; None for a FastDepth file."""
    box: Box | None = None
    """The part that is taken."""
    shape: Size | None = None
    """(H,W) of the whole images, which `box` is about; a resized form is brought back to it. None = any."""

    @property
    def name(self) -> str:
        """The path, with the position where there are several."""
        return str(self.path) if self.index is None else f"{self.path}[{self.index}]"

    def load(self, size: tuple[int, int]) -> Tensor:
        """(3,h,w) uint8, resized after cropping; InputError for a damaged file or one of another layout."""
        pixels = self._stored()
        if pixels.ndim != 3 or pixels.shape[0] != 3 or pixels.dtype != np.uint8:
            raise InputError(
                f"the image of '{self.name}' has the shape {pixels.shape} of {pixels.dtype}, not (3,H,W) uint8"
            )
        if self.shape is not None:
            check_shape(self.path, (pixels.shape[1], pixels.shape[2]), self.shape)
        image = torch.from_numpy(np.ascontiguousarray(pixels))
        if self.box is not None:
            image = image if self.shape is None else resize_bytes(image, self.shape)
            image = image[:, *self.box.slices]
        return resize_bytes(image, size)

    def _stored(self) -> NDArray[Any]:
        if self.index is None:
            return nyu.read_fastdepth(self.path, "rgb")
        return nyu.read_labelled(self.path, "images", self.index)


@dataclass(frozen=True)
class NyuDepth:
    """Depth of the labelled file, or of a FastDepth file."""

    path: Path
    index: int | None = None
    """Position in the labelled file; None for a FastDepth file."""
    key: str = "depth"
    """depths, rawDepths, or depth in a FastDepth file."""

    def __call__(self) -> Depth:
        """(H,W) [m]; InputError for a damaged file, NaN, or another unit."""
        if self.index is None:
            stored, where = nyu.read_fastdepth(self.path, self.key), ""
        else:
            stored, where = nyu.read_labelled(self.path, self.key, self.index), f"[{self.index}]"
        if stored.ndim != 2:
            raise InputError(f"'{self.key}' of '{self.path}{where}' has the shape {stored.shape}, not (H,W)")
        depth = stored.astype(np.float32)
        return check_unit(depth, f"{self.path}{where}", "data.root to the published files, in metres")


@dataclass(frozen=True)
class NyuTruth:
    """True depth of a part of an image up to a largest depth."""

    read: Callable[[], Depth]
    box: Box | None
    cap: float | None
    """Depth beyond it is unknown [m]."""
    size: Size
    """(H,W) of the whole image, whose shape the depth must have."""
    name: str
    """Of the image, for messages."""

    def __call__(self) -> Depth:
        """(H,W) of the part [m]; InputError as `read`, or for maps that the part does not fit."""
        depth = self.read()
        check_aspect(f"the depth of '{self.name}'", (depth.shape[0], depth.shape[1]), "its image", self.size)
        if self.box is not None:
            if depth.shape != nyu.SIZE:
                raise InputError(f"a crop of NYU needs depth of 480x640, not {depth.shape[0]}x{depth.shape[1]}")
            depth = depth[self.box.slices]
        return np.ascontiguousarray(depth if self.cap is None else np.where(depth > self.cap, np.float32(0), depth))
