"""Depth maps stored as 16-bit gray PNG files, one integer for so much of a metre. Needs numpy and Pillow only."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gradunc.data.formats.pictures import open_picture
from gradunc.errors import InputError


def read_png16(path: Path) -> NDArray[np.uint16]:
    """(H,W) the stored integers.

    Raises:
        InputError: The file is missing, damaged, no PNG, or holds anything but 16-bit gray.
    """
    with open_picture(path, "depth", ("PNG",)) as image:
        if image.mode not in ("I;16", "I"):
            raise InputError(
                f"depth '{path}' is a PNG of mode {image.mode}{_bits(image.mode)}, not of 16-bit gray: the depth "
                "was converted or coloured; take the original file"
            )
        values = np.asarray(image)
    return values.astype(np.uint16)


def _bits(mode: str) -> str:
    return " (8 bits)" if mode in ("L", "P") else ""
