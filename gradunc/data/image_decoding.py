"""From the bytes of an image file to its pixels, upright, or one clear line on what is wrong with the file."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from gradunc.errors import InputError, nearest_path

try:
    from torchvision.io import ImageReadMode, decode_image
except ImportError:  # deprecated since torchvision 0.29; Pillow takes a fifth longer for a JPEG
    ImageReadMode = decode_image = None

# The only decoders that are tried, whatever the suffix. JPEG takes in MPO, the double JPEG of many phones.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "PPM")

_FAST = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
"""How JPEG and PNG files begin, which torchvision decodes to the same values as Pillow, faster."""


def decode_fast(path: Path) -> Tensor | None:
    """(3,H,W) uint8 of a sound JPEG or 8-bit PNG, upright; None for all else, which Pillow judges."""
    if decode_image is None or ImageReadMode is None:
        return None
    try:
        data = np.fromfile(path, dtype=np.uint8)
        if not data[:8].tobytes().startswith(_FAST):
            return None
        pixels = decode_image(torch.from_numpy(data), ImageReadMode.RGB, apply_exif_orientation=True)
    except (OSError, RuntimeError):
        return None
    return pixels if pixels.dtype == torch.uint8 else None


def decode_image_file(path: Path) -> NDArray[np.uint8] | NDArray[np.float32]:
    """(H,W,3) uint8, or of more than 8 bits float32 in [0,1]; InputError for all that can be wrong with a file."""
    try:
        if not path.exists():
            raise InputError(missing_path(path))
    except OSError as error:  # a folder above it that may not be entered
        raise InputError(f"cannot read image '{path}': {error.strerror}") from error
    if path.is_dir():
        raise InputError(f"cannot read image '{path}': it is a folder")
    try:
        return _decode(path)
    except InputError:
        raise
    except Exception as error:  # Pillow's decoders raise nearly anything on damaged data
        raise InputError(f"cannot read image '{path}': {_cause(error, path)}") from error


def _decode(path: Path) -> NDArray[np.uint8] | NDArray[np.float32]:
    """(H,W,3) uint8, or of more than 8 bits float32 in [0,1]; raises what Pillow raises."""
    with Image.open(path, formats=FORMATS) as file:
        image = ImageOps.exif_transpose(file)
    if image.mode == "I" or image.mode.startswith("I;16"):
        return _from_wide_gray(np.asarray(image), path)
    if image.mode == "F":
        raise InputError(f"cannot read image '{path}': float pixels have no known range; save it with 8 or 16 bits")
    return np.array(image.convert("RGB"))


def _from_wide_gray(gray: NDArray[np.integer], path: Path) -> NDArray[np.float32]:
    """(H,W) 16-bit gray, which Pillow may hand over in 32 bits, to (H,W,3) in [0,1]."""
    if gray.min() < 0 or gray.max() > 65535:
        raise InputError(f"cannot read image '{path}': gray values beyond 16 bits; save it with 8 or 16 bits")
    scaled = gray.astype(np.float32) / np.float32(65535)
    return np.repeat(scaled[:, :, None], 3, axis=2)


def _cause(error: Exception, path: Path) -> str:
    """Why Pillow could not read a file, in one line."""
    if not isinstance(error, UnidentifiedImageError):
        return " ".join(str(error).split()) or type(error).__name__
    return "not a JPEG, PNG, WebP, BMP, TIFF or PPM file" if path.stat().st_size else "the file is empty"


def missing_path(path: Path) -> str:
    """One line for a path that does not exist, with the nearest name in the deepest folder that does."""
    found = nearest_path(path)
    hint = f"; did you mean '{found}'?" if found else ""
    return f"'{path}' does not exist{hint}"
