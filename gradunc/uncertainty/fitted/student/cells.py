"""Frozen features and the predicted depth at 1/4 of the resolution."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.ops.cells import any_of, averaged
from gradunc.ops.disparity import resize
from gradunc.ops.padding import crop
from gradunc.types import CELL, Size
from gradunc.uncertainty.fitted.features import channels_of
from gradunc.uncertainty.gradient.maps import LayerMap, layer_map
from gradunc.uncertainty.posthoc.base import Images

GRID = (8, 16)
"""Rows and columns of the places at which an image is compared with those of the fit."""


def cells_of(size: Size) -> Size:
    """Rows and columns of cells of an image of height and width [px]; the last ones may hold fewer than 4x4 pixels.

    >>> cells_of((192, 641))
    (48, 161)
    """
    return -(-size[0] // CELL), -(-size[1] // CELL)


def activated(images: Images, layers: Sequence[str], model: nn.Module) -> list[LayerMap]:
    """ELU of the outputs of layers, each at its own resolution without cells of padding.

    What stands behind a layer reads it through an activation; which one cannot be told from a module. With ELU, that
    of our decoders, a linear head came nearer to its teachers than without on scenes that it had not seen, and nearer
    than with ReLU, magnitudes or squares (docs/scoring.md, Student).
    """
    maps = [layer_map(images.features[name], images.image, model, channels_of(model, name)) for name in layers]
    return [one._replace(values=F.elu(one.values)) for one in maps]


def at_cells(layer: LayerMap, size: Size) -> Tensor:
    """A layer at the cells of an image of a size [px], bilinear: (b,C,*cells_of(size))."""
    return crop(resize(layer.values, cells_of(layer.extent)), *cells_of(size))


def in_cells(maps: Tensor) -> Tensor:
    """Means of (b,1,H,W) over the finite pixels of each cell, NaN where there is none: (b,1,h,w)."""
    known = maps.isfinite()
    return torch.where(any_of(known, CELL), averaged(maps, known, CELL), torch.nan)


def to_pixels(cells: Tensor, size: Size) -> Tensor:
    """Cells (b,1,h,w) as pixels (b,1,*size), bilinear."""
    rows, columns = cells.shape[-2:]
    return crop(resize(cells, (rows * CELL, columns * CELL)), *size)


def known_pixels(cells: Tensor, size: Size) -> Tensor:
    """Whether a cell is known, bool (b,1,h,w), for all pixels that are interpolated from known cells alone."""
    return to_pixels((~cells).float(), size) == 0


def rows_of(maps: Tensor) -> Tensor:
    """(b,C,h,w) -> (b h w, C)."""
    return maps.movedim(1, -1).flatten(0, 2)


def thinned(maps: Sequence[LayerMap], log_depth: Tensor) -> Tensor:
    """Features and log depth (b,1,h,w) at few places, evenly spread: (b,D,*GRID)."""
    return torch.cat([resize(one, GRID) for one in (*(layer.values for layer in maps), log_depth)], 1)
