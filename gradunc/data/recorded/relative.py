"""Truth of a frame that is no depth, as small objects that are called in a loading process and read one file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradunc.data.formats.disparity_files import read_disparity
from gradunc.data.formats.ordinal_files import read_ordinal
from gradunc.data.recorded.sizes import check_aspect
from gradunc.types import Size

Entries = Mapping[str, NDArray[Any]]
"""Keys of `Sample` and their arrays."""


@dataclass(frozen=True)
class RelativeDisparity:
    """Disparity up to a factor above 0 and a shift, in a file of its own."""

    path: Path
    size: Size
    """(H,W) of the image, of which it must be a map of any resolution."""
    pseudo: bool = False
    """A teacher has said it."""

    def __call__(self, size: Size) -> Entries:
        """`disparity` (1,H,W), 0 where unknown, and `disparity_valid`; InputError for a damaged file or shape."""
        stored = read_disparity(self.path, 1.0)
        check_aspect(f"disparity '{self.path}'", (stored.shape[0], stored.shape[1]), "its image", self.size)
        known = np.isfinite(stored)
        maps = {"disparity": np.where(known, stored, np.float32(0))[None], "disparity_valid": known[None]}
        return maps | ({"pseudo": np.asarray(True)} if self.pseudo else {})


@dataclass(frozen=True)
class OrderedPairs:
    """Pairs of points and which is nearer, in a file of its own."""

    path: Path
    size: Size
    """(H,W) of the image in whose pixels they are."""

    def __call__(self, size: Size) -> Entries:
        """`ordinal` (P,5) in pixels of an image that was resized to (h,w); InputError for a damaged file."""
        pairs = read_ordinal(self.path, self.size)
        # A resize aligns the edges of the images: u' = (u + 0.5) w/W - 0.5.
        factors = np.array([size[1] / self.size[1], size[0] / self.size[0]] * 2, np.float32)
        pairs[:, :4] = (pairs[:, :4] + np.float32(0.5)) * factors - np.float32(0.5)
        return {"ordinal": pairs}
