"""Reading people's images: any common file becomes an upright (3,H,W) tensor in [0,1], or one clear line."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

from gradunc.data.image_decoding import decode_image_file
from gradunc.data.recorded.shape import check_shape

SUFFIXES = (".avif", ".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
"""What a folder is searched for, in lower case; a file that is named may have any suffix."""


def read_image(path: str | Path) -> Tensor:
    """Read one image file, upright by its EXIF orientation.

    Gray becomes three equal channels. Alpha and palette transparency are DROPPED: the stored colour is taken
    as it is, whatever it would show through. 16-bit gray keeps its 16 bits; 16-bit colour is cut to 8 bits by
    Pillow. CMYK is converted without a colour profile. Of a file with several pages the first is read.

    Args:
        path: JPEG, PNG, WebP, AVIF, BMP, TIFF or PPM, recognised by content and not by suffix.

    Returns:
        (3,H,W) float32 in [0,1].

    Raises:
        InputError: The file is missing, no regular file, empty, truncated, no image, larger than `LARGEST_IMAGE`
            pixels (data/formats/pictures.py), or its pixels have no known range.
    """
    return as_image(decode_image_file(Path(path)))


def as_image(pixels: NDArray[np.uint8] | NDArray[np.float32]) -> Tensor:
    """Pixels (H,W,3), uint8 or float32 in [0,1] -> (3,H,W) float32 in [0,1]."""
    if pixels.dtype == np.uint8:
        pixels = pixels.astype(np.float32) / np.float32(255)
    return torch.from_numpy(pixels).movedim(-1, 0).contiguous()


def load_image(path: str | Path, size: tuple[int, int], shape: tuple[int, int] | None = None) -> Tensor:
    """Read an image file and resize it once, antialiased: (3,h,w) uint8.

    Pixels of 8 bits are decoded and resized as such, which is three times as fast as `read_image`, `resize_image` and
    rounding, and differs from them by at most one gray level (0.13 on average on KITTI at 640x192).

    Args:
        path: see `read_image`.
        size: (h,w) that is wanted.
        shape: (H,W) that the stored image must have, or be a resized form of; None = any.

    Raises:
        InputError: as `read_image`; an image of another shape.
    """
    path = Path(path)
    pixels = torch.from_numpy(decode_image_file(path)).movedim(-1, 0)
    if shape is not None:
        check_shape(path, (pixels.shape[1], pixels.shape[2]), shape)
    if pixels.dtype == torch.uint8:
        return resize_bytes(pixels, size)
    return resize_image(pixels.contiguous(), size).mul(255).round_().to(torch.uint8)


def resize_bytes(pixels: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize (3,H,W) uint8 as `resize_image` does, in 8 bits: (3,h,w) uint8."""
    if tuple(pixels.shape[-2:]) == tuple(size):
        return pixels.contiguous()
    return interpolate(pixels[None], size=size, mode="bilinear", align_corners=False, antialias=True)[0]


def resize_image(image: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize by bilinear interpolation, antialiased when it shrinks (pixel edges aligned, not pixel centres).

    Args:
        image: (...,3,H,W) float in [0,1].
        size: (h,w), the new height and width.

    Returns:
        (...,3,h,w) in [0,1]; `image` itself, untouched, when it has that size already.
    """
    if tuple(image.shape[-2:]) == tuple(size):
        return image
    flat = image.reshape(-1, *image.shape[-3:])
    resized = interpolate(flat, size=size, mode="bilinear", align_corners=False, antialias=True)
    return resized.clamp_(0, 1).reshape(*image.shape[:-2], *size)
