"""Portable float maps as Middlebury stores them."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def write_pfm(path: Path, values: NDArray[np.floating]) -> None:
    """Write (H,W) as little-endian gray PFM."""
    header = f"Pf\n{values.shape[1]} {values.shape[0]}\n-1\n".encode()
    path.write_bytes(header + values[::-1].astype("<f4").tobytes())
