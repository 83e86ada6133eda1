"""Reading people's images: any common file becomes an upright (3,H,W) tensor in [0,1], or one clear line."""

import glob
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor
from torch.nn.functional import interpolate

from gradunc.data.recorded.shape import check_shape
from gradunc.errors import InputError, nearest_path

try:
    from torchvision.io import ImageReadMode, decode_image
except ImportError:  # deprecated since torchvision 0.29; Pillow takes a fifth longer for a JPEG
    ImageReadMode = decode_image = None

SUFFIXES = (".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
"""What `find_images` takes for an image, in lower case."""

# The only decoders that are tried, whatever the suffix. JPEG takes in MPO, the double JPEG of many phones.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "PPM")

_FAST = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
"""How JPEG and PNG files begin, which torchvision decodes to the same values as Pillow, faster."""


def read_image(path: str | Path) -> Tensor:
    """Read one image file, upright by its EXIF orientation.

    Gray becomes three equal channels. Alpha and palette transparency are DROPPED: the stored colour is taken
    as it is, whatever it would show through. 16-bit gray keeps its 16 bits; 16-bit colour is cut to 8 bits by
    Pillow. CMYK is converted without a colour profile. Of a file with several pages the first is read.

    Args:
        path: JPEG, PNG, WebP, BMP, TIFF or PPM, recognised by content and not by suffix.

    Returns:
        (3,H,W) float32 in [0,1].

    Raises:
        InputError: The file is missing, empty, truncated, no image, or its pixels have no known range.
    """
    pixels = _read(Path(path))
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
    pixels = _decode_fast(path)
    if pixels is None:
        pixels = torch.from_numpy(_read(path)).movedim(-1, 0)
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


def find_images(source: str) -> tuple[Path, list[Path]]:
    """The images that a file name, a folder or a glob pattern stands for.

    Args:
        source: A file (taken whatever its suffix), a folder (searched recursively, hidden names left out), or
            a pattern such as `drive/**/*.png`. A path that exists is never read as a pattern.

    Returns:
        The folder that outputs should be named relative to (the file's folder, the folder itself, or the part
        of the pattern without wildcards), and the sorted paths, all of them below it.

    Raises:
        InputError: Nothing is there; of a path that does not exist, the nearest existing one is named.
    """
    path = Path(source).expanduser()
    if path.is_file():
        return path.parent, [path]
    if path.is_dir():
        root, where = path, f"in folder '{path}'"
        candidates = [file for file in path.rglob("*") if not _is_hidden(file.relative_to(path))]
    elif glob.has_magic(source):
        root, where = _fixed_part(path), f"for pattern '{source}'"
        if not root.is_dir():
            raise InputError(_missing(root))
        candidates = [Path(name) for name in set(glob.glob(str(path), recursive=True))]
    else:
        raise InputError(_missing(path))
    found = sorted(file for file in candidates if file.suffix.lower() in SUFFIXES and file.is_file())
    if not found:
        raise InputError(f"no images {where} (suffixes: {', '.join(SUFFIXES)})")
    return root, found


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


def _decode_fast(path: Path) -> Tensor | None:
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


def _read(path: Path) -> NDArray[np.uint8] | NDArray[np.float32]:
    """(H,W,3) as `_decode`; InputError for all that can be wrong with a file."""
    try:
        if not path.exists():
            raise InputError(_missing(path))
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


def _is_hidden(path: Path) -> bool:
    """True for `.cache/a.png` and for `._a.jpg`, the no-image that macOS leaves beside every image."""
    return any(part.startswith(".") for part in path.parts)


def _fixed_part(pattern: Path) -> Path:
    """The leading folders of a pattern that hold no wildcard."""
    return next((folder for folder in pattern.parents if not glob.has_magic(str(folder))), Path())


def _missing(path: Path) -> str:
    """One line for a path that does not exist, with the nearest name in the deepest folder that does."""
    found = nearest_path(path)
    hint = f"; did you mean '{found}'?" if found else ""
    return f"'{path}' does not exist{hint}"
