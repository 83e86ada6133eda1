"""From the bytes of an image file to its pixels, upright, or one clear line on what is wrong with the file."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor

from gradunc.data.formats.pictures import open_picture
from gradunc.errors import InputError, nearest_path

try:
    from torchcodec.decoders import decode_jpeg  # pyright: ignore[reportPrivateImportUsage]
except (ImportError, OSError, RuntimeError):  # not installed, or made for another torch: Pillow gives the same pixels
    decode_jpeg = None

# The only decoders that are tried, whatever the suffix. JPEG takes in MPO, the double JPEG of many phones.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "BMP", "TIFF", "PPM")

_JPEGS = ("JPEG", "MPO")
_SIDEWAYS = (5, 6, 7, 8)
_ORIENTATION = 0x0112


def upright_size(image: Image.Image) -> tuple[int, int]:
    """(H,W) of an open image after its EXIF orientation; a JPEG is not decoded for that."""
    width, height = image.size
    return (width, height) if image.getexif().get(_ORIENTATION) in _SIDEWAYS else (height, width)


def decode_image_file(path: Path) -> NDArray[np.uint8] | NDArray[np.float32]:
    """(H,W,3) uint8, or of more than 8 bits float32 in [0,1]; InputError for all that can be wrong with a file."""
    _check_exists(path)
    with open_picture(path, "image", FORMATS) as image:
        pixels = _decode_jpeg(path, image)
        return upright_pixels(image, path) if pixels is None else pixels.movedim(0, -1).numpy()


def _decode_jpeg(path: Path, image: Image.Image) -> Tensor | None:
    """(3,H,W) uint8 of a sound JPEG, upright, three times as fast as Pillow and equal; None for Pillow to judge."""
    if decode_jpeg is None or image.format not in _JPEGS:
        return None
    try:
        # As a tensor: for bytes TorchCodec changes the filters of warnings, and what was said once is said again.
        pixels = decode_jpeg(torch.from_numpy(np.fromfile(path, np.uint8)), mode="RGB")
    except (RuntimeError, OSError):
        return None
    # Where the orientation itself is damaged the two libraries may disagree; sizes are asked of Pillow.
    return pixels if isinstance(pixels, Tensor) and tuple(pixels.shape[1:]) == upright_size(image) else None


def upright_pixels(image: Image.Image, path: Path | str) -> NDArray[np.uint8] | NDArray[np.float32]:
    """(H,W,3) of what Pillow decodes, upright: uint8, or of more than 8 bits float32 in [0,1].

    Args:
        image: open.
        path: of it, or what else it is, for messages.

    Raises:
        InputError: pixels of no known range.
    """
    image = ImageOps.exif_transpose(image)
    if image.mode == "I" or image.mode.startswith("I;16"):
        return _from_wide_gray(np.asarray(image), path)
    if image.mode == "F":
        raise InputError(f"cannot read image '{path}': float pixels have no known range; save it with 8 or 16 bits")
    return np.array(image.convert("RGB"))


def _from_wide_gray(gray: NDArray[np.integer], path: Path | str) -> NDArray[np.float32]:
    """(H,W) 16-bit gray, which Pillow may hand over in 32 bits, to (H,W,3) in [0,1]."""
    if gray.min() < 0 or gray.max() > 65535:
        raise InputError(f"cannot read image '{path}': gray values beyond 16 bits; save it with 8 or 16 bits")
    scaled = gray.astype(np.float32) / np.float32(65535)
    return np.repeat(scaled[:, :, None], 3, axis=2)


def _check_exists(path: Path) -> None:
    """Raise `InputError` with the nearest name for a path that does not exist."""
    try:
        missing = not path.exists()
    except OSError as error:  # a folder above it that may not be entered
        raise InputError(f"cannot read image '{path}': {error.strerror}") from error
    if missing and not path.is_symlink():
        raise InputError(missing_path(path))


def missing_path(path: Path) -> str:
    """One line for a path that does not exist, with the nearest name in the deepest folder that does."""
    found = nearest_path(path)
    hint = f"; did you mean '{found}'?" if found else ""
    return f"'{path}' does not exist{hint}"
