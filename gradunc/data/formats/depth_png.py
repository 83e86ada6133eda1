"""Depth maps stored as 16-bit gray PNG files, one integer for so much of a metre. Needs numpy and Pillow only."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from gradunc.errors import InputError, path_hint


def read_png16(path: Path) -> NDArray[np.uint16]:
    """(H,W) the stored integers.

    Raises:
        InputError: The file is missing, damaged, no PNG, or holds anything but 16-bit gray.
    """
    try:
        with Image.open(path, formats=("PNG",)) as image:
            if image.mode not in ("I;16", "I"):
                raise InputError(
                    f"depth '{path}' is a PNG of mode {image.mode}{_bits(image.mode)}, not of 16-bit gray: the depth "
                    "was converted or coloured; take the original file"
                )
            values = np.asarray(image)
    except InputError:
        raise
    except FileNotFoundError as error:
        raise InputError(f"no depth file '{path}'{path_hint(path)}") from error
    except UnidentifiedImageError as error:
        raise InputError(f"depth '{path}' is no PNG file") from error
    except Exception as error:  # Pillow's decoders raise nearly anything on damaged data
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"cannot read depth '{path}': {reason}") from error
    return values.astype(np.uint16)


def _bits(mode: str) -> str:
    return " (8 bits)" if mode in ("L", "P") else ""
