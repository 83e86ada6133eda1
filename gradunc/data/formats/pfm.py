"""Portable float maps (.pfm), as Middlebury stores disparity. Needs numpy only.

Header `Pf`, `width height` and scale (< 0: little endian), then float32 rows, the bottom row first.
"""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gradunc.data.formats.pictures import LARGEST_FILE, check_pixels
from gradunc.errors import InputError
from gradunc.files import check_regular

_HEADER = re.compile(rb"Pf\s+(\d{1,9})\s+(\d{1,9})\s+([-+.\deE]+)\s")


LONGEST_HEADER = 200
"""Bytes before the pixels that no file has."""


def read_pfm(path: Path) -> NDArray[np.float32]:
    """(H,W) float32, top row first, as stored: infinity stays infinity.

    Raises:
        InputError: missing, no gray PFM, or of another length than its header says.
    """
    check_regular(path, "disparity", LARGEST_FILE)
    with path.open("rb") as file:
        start = file.read(LONGEST_HEADER)
        match = _HEADER.match(start)
        if match is None:
            raise InputError(
                f"'{path}' is no gray PFM file: it begins with {start[:20]!r}, not b'Pf width height scale'"
            )
        width, height = int(match[1]), int(match[2])
        length = path.stat().st_size - match.end()
        if length != 4 * width * height:
            raise InputError(f"'{path}' is damaged: {length} bytes after the header, not {width}x{height} float32")
        check_pixels("disparity", path, (width, height))
        file.seek(match.end())
        data = file.read(length)
    order = "<f4" if match[3].startswith(b"-") else ">f4"
    return np.frombuffer(data, order).reshape(height, width)[::-1].astype(np.float32)
