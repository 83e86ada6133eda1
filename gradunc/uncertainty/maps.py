"""Between a layer's grid and the image: dropping cells of pure padding, resizing to pixels."""

from typing import NamedTuple

from torch import Tensor

from gradunc.errors import InputError
from gradunc.ops.disparity import resize
from gradunc.ops.padding import cells, crop, padded_size


class LayerMap(NamedTuple):
    """A map at a layer's resolution and what it covers."""

    values: Tensor
    """(b,C,h,w), only cells that hold at least one pixel of the image."""
    extent: tuple[int, int]
    """Height and width [px] of the image region, padding included, that these cells cover."""


def without_padding(feature: Tensor, size: tuple[int, int], multiple: int) -> LayerMap:
    """Cut a feature-shaped tensor of a network that pads right and bottom to `multiple`.

    Args:
        feature: (b,C,h,w) over the padded image.
        size: height and width of the image [px].
        multiple: of the network.

    Raises:
        InputError: a tensor that is no map.
    """
    if feature.ndim != 4:
        raise InputError(f"a chosen layer gives a tensor of shape {tuple(feature.shape)}; (B,C,h,w) maps are needed")
    full = padded_size(*size, multiple)
    total = feature.shape[-2:]
    rows, columns = (cells(size[i], full[i], total[i]) for i in (0, 1))
    extent = (round(rows * full[0] / total[0]), round(columns * full[1] / total[1]))
    return LayerMap(crop(feature, rows, columns), extent)


def to_image(layer: LayerMap, size: tuple[int, int]) -> Tensor:
    """Bilinear resize to pixels (half-pixel centres, no antialias), cut to the image: (b,C,*size)."""
    return crop(resize(layer.values, layer.extent), *size)
