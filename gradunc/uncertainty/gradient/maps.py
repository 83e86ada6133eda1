"""Between what a layer computes and the image: tokens as maps, cells of pure padding, resizing to pixels."""

import math
from typing import NamedTuple

from torch import Tensor, nn

from gradunc.brief import brief_repr
from gradunc.errors import InputError
from gradunc.ops.disparity import resize
from gradunc.ops.padding import cells, crop, padded_size

MAX_PREFIX = 8
"""Most tokens in front of the patches that are taken for class and register tokens."""


class TokenMap(NamedTuple):
    """A layer's output as a map, and how it was laid out."""

    values: Tensor
    """(b,C,h,w)."""
    layout: str
    """"channels_first" (b,C,h,w), "channels_last" (b,h,w,C) or "tokens" (b,prefix+h*w,C)."""
    prefix: int = 0
    """Tokens in front of the patches."""

    __repr__ = brief_repr


class LayerMap(NamedTuple):
    """A map at a layer's resolution and what it covers."""

    values: Tensor
    """(b,C,h,w), only cells that hold at least one pixel of the image."""
    extent: tuple[int, int]
    """Height and width [px] of the image region, padding included, that these cells cover."""

    __repr__ = brief_repr


def padded(image: Tensor, model: nn.Module) -> tuple[int, int]:
    """Height and width [px] that the network works on: it pads right and bottom to its `multiple`."""
    return padded_size(image.shape[-2], image.shape[-1], int(getattr(model, "multiple", 1)))


def tokens_to_map(feature: Tensor, size: tuple[int, int], channels: int | None = None) -> TokenMap:
    """A feature as a map (b,C,h,w), told by its channels or by the aspect of the image.

    Args:
        feature: (b,C,h,w), (b,h,w,C) or tokens (b,N,C) in rows, with up to `MAX_PREFIX` other tokens in front.
        size: height and width of what the network sees [px].
        channels: that a map has, if that is known.

    Raises:
        InputError: a tensor that is no map.
    """
    if feature.ndim == 4 and channels == feature.shape[1] != feature.shape[3]:
        return TokenMap(feature, "channels_first")
    if feature.ndim == 4:
        first, last = (_distortion(feature.shape[i : i + 2], size) for i in (2, 1))
        if last < first and last < 0.1:
            return TokenMap(feature.permute(0, 3, 1, 2), "channels_last")
        return TokenMap(feature, "channels_first")
    if feature.ndim == 3:
        grid = token_grid(feature.shape[1], size)
        if grid is not None:
            prefix = feature.shape[1] - math.prod(grid)
            values = feature[:, prefix:].transpose(1, 2).unflatten(2, grid)
            return TokenMap(values, "tokens", prefix)
    raise InputError(
        f"a chosen layer gives a tensor of shape {tuple(feature.shape)}; (B,C,h,w) maps or (B,N,C) tokens of an image "
        f"of {size[0]}x{size[1]} are needed"
    )


def map_to_tokens(values: Tensor, feature: Tensor, tokens: TokenMap) -> Tensor:
    """The inverse of `tokens_to_map`, for changed `values` (b,C,h,w); prefix tokens are those of `feature`."""
    if tokens.layout == "channels_first":
        return values
    if tokens.layout == "channels_last":
        return values.permute(0, 2, 3, 1)
    changed = feature.clone()
    changed[:, tokens.prefix :] = values.flatten(2).transpose(1, 2)
    return changed


def token_grid(count: int, size: tuple[int, int]) -> tuple[int, int] | None:
    """Rows and columns of `count` tokens of square patches; None if there are none.

    Patches that divide the sides are taken before others, then the grid with the fewest prefix tokens.

    >>> token_grid(1 + 12 * 40, (192, 640)), token_grid(5 + 4 * 7, (4 * 14, 7 * 14))
    ((12, 40), (4, 7))
    """
    fits = [
        (any(side % patch for side in size), count - rows * columns, _distortion((rows, columns), size), rows, columns)
        for patch in range(1, min(size) + 1)
        for rows, columns in [(size[0] // patch, size[1] // patch)]
        if 0 <= count - rows * columns <= MAX_PREFIX
    ]
    return min(fits)[-2:] if fits else None


def _distortion(grid: tuple[int, ...], size: tuple[int, int]) -> float:
    """How far the cells of a grid are from square: 0 for square cells; more than the rounding of its sides allows."""
    if min(grid) < 1:
        return math.inf
    log_aspect = abs(math.log(size[0] / grid[0]) - math.log(size[1] / grid[1]))
    return max(0.0, log_aspect - 0.5 / min(grid)) if grid[0] <= size[0] and grid[1] <= size[1] else math.inf


def without_padding(feature: Tensor, size: tuple[int, int], multiple: int, channels: int | None = None) -> LayerMap:
    """Cut a feature-shaped tensor of a network that pads right and bottom to `multiple`.

    Args:
        feature: (b,C,h,w), or tokens, over the padded image.
        size: height and width of the image [px].
        multiple: of the network.
        channels: as for `tokens_to_map`.

    Raises:
        InputError: a tensor that is no map.
    """
    full = padded_size(*size, multiple)
    feature = tokens_to_map(feature, full, channels).values
    total = feature.shape[-2:]
    rows, columns = (cells(size[i], full[i], total[i]) for i in (0, 1))
    extent = (round(rows * full[0] / total[0]), round(columns * full[1] / total[1]))
    return LayerMap(crop(feature, rows, columns), extent)


def layer_map(gradient: Tensor, image: Tensor, model: nn.Module, channels: int | None = None) -> LayerMap:
    """A gradient of a layer, or its output, as a map (b,C,h,w) in float32, without the cells that hold padding only.

    Args:
        gradient: of the shape of the layer's output.
        image: (b,3,H,W) that the network was given.
        model: the network, which pads it to its `multiple`.
        channels: as for `tokens_to_map`.

    Raises:
        InputError: a gradient that is no map.
    """
    multiple = int(getattr(model, "multiple", 1))
    layer = without_padding(gradient, (image.shape[-2], image.shape[-1]), multiple, channels)
    return layer._replace(values=layer.values.float())


def to_image(layer: LayerMap, size: tuple[int, int]) -> Tensor:
    """Bilinear resize to pixels (half-pixel centres, no antialias), cut to the image: (b,C,*size)."""
    return crop(resize(layer.values, layer.extent), *size)
