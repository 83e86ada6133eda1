"""How the images of a network of others are resized: by the rule and the filter of its own image processor."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gradunc.errors import InputError, unknown
from gradunc.models.settings import LARGEST_SIDE
from gradunc.types import Size

Filter = Literal["bilinear", "bicubic", "nearest", "bilinear_plain", "bilinear_corners", "bilinear_float"]
"""The first two are antialiased where they shrink, "bilinear_plain" is not; "bilinear_corners" joins pixel centres of
the corners, and is not either. "bilinear_float" is "bilinear" without rounding to 8 bits."""

LEVELS = 255
NEAR_LEVEL = 1e-3
"""How far from whole gray levels pixels of 8 bits may be, after their division by 255 in float32."""


@dataclass(frozen=True)
class ImagePreparation:
    """From an image of any size to what the network sees.

    Args:
        height: aimed at [px]; None = every image near its own size.
        width: likewise.
        keep_aspect: scale both sides alike, by that of the two factors which changes less.
        multiple: sides are rounded to multiples of this; of images near their own size, down.
        filter: of the resize.
        inside: with `keep_aspect`, the smaller of the two factors: the image fits inside. Sides are rounded down to
            whole pixels, or to the nearest multiple inside.
    """

    height: int | None = None
    width: int | None = None
    keep_aspect: bool = False
    multiple: int = 1
    filter: Filter = "bilinear"
    inside: bool = False

    def __post_init__(self) -> None:
        sides = (self.height, self.width)
        known = [side for side in sides if side is not None]
        if len(known) == 1 or any(not 0 < side <= LARGEST_SIDE for side in (*known, self.multiple)):
            raise InputError(
                f"images cannot be prepared at {self.height}x{self.width} in multiples of {self.multiple}; give both "
                f"sides or none, from 1 to {LARGEST_SIDE}"
            )
        if self.filter not in get_args(Filter):
            raise unknown("filter", str(self.filter), get_args(Filter))

    @property
    def size(self) -> Size | None:
        """(height, width) [px] that it aims at; None = near the image's own."""
        return None if self.height is None or self.width is None else (self.height, self.width)

    def __str__(self) -> str:
        """For people and settings of results."""
        shape = ", in the image's shape" if self.keep_aspect else ""
        most = "at most " if self.inside else ""
        size = "near the image's own" if self.height is None else f"{most}{self.height}x{self.width}{shape}"
        return f"{size}, multiples of {self.multiple}, {self.filter}"

    def size_for(self, image: Size) -> Size:
        """The (h,w) at which the network sees an image of (H,W).

        >>> ImagePreparation(518, 518, keep_aspect=True, multiple=14).size_for((480, 640))
        (518, 686)
        >>> ImagePreparation(multiple=32).size_for((375, 1242))
        (352, 1216)
        >>> ImagePreparation(768, 768, keep_aspect=True, inside=True).size_for((375, 1242))
        (231, 768)
        >>> ImagePreparation(256, 256, keep_aspect=True, multiple=32, inside=True).size_for((425, 1242))
        (96, 256)
        """
        if self.size is None:
            return self._rounded_down(image)
        if self.inside and self.keep_aspect:
            # In whole numbers: a factor would make 2.9999 of 3 pixels.
            i = 0 if self.size[0] * image[1] <= self.size[1] * image[0] else 1
            down = self._rounded_down((image[0] * self.size[i] // image[i], image[1] * self.size[i] // image[i]))
            if self.multiple == 1:
                return down
            near = [self._rounded(side * self.size[i] / image[i]) for side in image]
            height, width = (n if n <= most else d for n, d, most in zip(near, down, self.size, strict=True))
            return height, width
        factors = self.size[0] / image[0], self.size[1] / image[1]
        if self.keep_aspect:
            least = factors[1] if abs(1 - factors[1]) < abs(1 - factors[0]) else factors[0]
            factors = (least, least)
        height, width = (self._rounded(factor * side) for factor, side in zip(factors, image, strict=True))
        return height, width

    def prepared(self, image: Tensor) -> Tensor:
        """Resize (B,3,H,W) in [0,1] to (B,3,h,w) in [0,1]; pixels of 8 bits in 8 bits, as image processors do."""
        size = self.size_for((image.shape[-2], image.shape[-1]))
        if tuple(image.shape[-2:]) == size:
            return image
        options: dict[str, Any] = {"mode": "bilinear", "align_corners": False}
        match self.filter:
            case "bilinear" | "bicubic":
                options = {"mode": self.filter, "align_corners": False, "antialias": True}
            case "bilinear_float":
                options["antialias"] = True
            case "nearest":
                options = {"mode": "nearest"}
            case "bilinear_corners":
                options["align_corners"] = True
            case "bilinear_plain":
                pass
        in_levels = self.filter in ("bilinear", "bicubic")
        if in_levels and (levels := _levels(image)) is not None:
            return interpolate(levels, size, **options).float() / LEVELS
        return interpolate(image, size, **options).clamp(0, 1)

    def _rounded_down(self, sides: Size) -> Size:
        height, width = (max(1, side // self.multiple) * self.multiple for side in sides)
        return height, width

    def _rounded(self, side: float) -> int:
        return max(round(side / self.multiple), 1) * self.multiple


def _levels(image: Tensor) -> Tensor | None:
    """The gray levels of an image of 8 bits, uint8; None for any other."""
    if image.device.type != "cpu" or image.dtype != torch.float32:
        return None
    levels = image * LEVELS
    rounded = levels.round()
    return rounded.to(torch.uint8) if (levels - rounded).abs().max() < NEAR_LEVEL else None


def preparation_of(model: Any) -> ImagePreparation | None:
    """How a network wants its images, if it says so."""
    found = getattr(model, "preparation", None)
    return found if isinstance(found, ImagePreparation) else None
