"""Image sources that are part of a file, or a file moved sideways."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from gradunc.data.image_files import load_image, resize_bytes
from gradunc.errors import InputError
from gradunc.types import Size


@dataclass(frozen=True)
class Box:
    """A part of an image: rows top..bottom-1, columns left..right-1."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Of rows and columns."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def size(self) -> tuple[int, int]:
        """(H,W)."""
        return self.bottom - self.top, self.right - self.left


@dataclass(frozen=True)
class CroppedImage:
    """A part of an image file."""

    path: Path
    box: Box
    size: Size
    """(H,W) of the whole image, which `box` is about; a resized form of it is brought back to it."""

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    def load(self, size: tuple[int, int]) -> Tensor:
        """(3,h,w) uint8 of the part, resized after cropping; InputError for a damaged file or another shape."""
        rows, columns = self.box.slices
        return resize_bytes(load_image(self.path, self.size, self.size)[:, rows, columns], size)


@dataclass(frozen=True)
class UnusableImage:
    """An image of which it is known before loading that it cannot be used."""

    path: Path
    reason: str

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    def load(self, size: tuple[int, int]) -> Tensor:
        """Always InputError, with the reason."""
        raise InputError(self.reason)


@dataclass(frozen=True)
class ShiftedImage:
    """An image file whose principal point is moved to that of another camera: u becomes u - `shift`."""

    path: Path
    shift: int
    """Columns [px], > 0 moves the picture to the left; the columns that come free repeat the border."""
    size: Size
    """(H,W) in whose pixels `shift` is; a resized form of it is brought back to it."""

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    def load(self, size: tuple[int, int]) -> Tensor:
        """(3,h,w) uint8, shifted before resizing; InputError for a damaged file or another shape."""
        pixels = load_image(self.path, self.size, self.size)
        width = pixels.shape[-1]
        columns = (torch.arange(width) + self.shift).clamp(0, width - 1)
        return resize_bytes(pixels[:, :, columns], size)
