"""From what a foreign network answers to a `DepthPrediction` of the image's size."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from gradunc.errors import InputError
from gradunc.ops.disparity import resize
from gradunc.ops.padding import crop
from gradunc.types import DepthPrediction, OutputSpace

ToPrediction = Callable[[Any], Tensor | DepthPrediction]
"""What the module returned -> depth (B,1,h,w) or (B,h,w), or a prediction."""
Resize = Callable[[Tensor, tuple[int, int]], Tensor]
"""(B,1,h,w), (height, width) -> (B,1,height,width)."""

SMALLEST = 1e-12
"""Depth below which the disparity grows no further: keeps both of its inversions and their gradients finite."""


def resize_for(space: OutputSpace) -> Resize:
    """The resizing that averages what may be averaged.

    Disparity as it is; depth through its disparity, like `gradunc.ops.disparity.resize_depth` but for zeros and
    negative values, which become `SMALLEST` and pass no gradient. Depth up to a shift has no inverse and is resized
    as it is.
    """
    return _resize_depth if space.quantity == "depth" and space.ambiguity != "affine" else resize


def _resize_depth(depth: Tensor, size: tuple[int, int]) -> Tensor:
    if tuple(depth.shape[-2:]) == tuple(size):
        return depth
    # In half precision the inverse of a small depth is infinite.
    return (1 / resize(1 / depth.float().clamp_min(SMALLEST), size)).to(depth.dtype)


def as_prediction(answer: Any) -> DepthPrediction:
    """A prediction with depth (B,1,H,W) and at least one training scale: the depth, if the network names none.

    Raises:
        InputError: no map of one channel.
    """
    prediction = DepthPrediction(answer) if isinstance(answer, Tensor) else answer
    if not isinstance(prediction, DepthPrediction):
        raise InputError(_WANTED + type(answer).__name__)
    depth = _one_channel(prediction.depth)
    if prediction.scales:
        return prediction._replace(depth=depth, scales=tuple(_one_channel(scale) for scale in prediction.scales))
    told = () if prediction.log_scale is None else (prediction.log_scale,)
    return prediction._replace(depth=depth, scales=(depth,), uncertainty_scales=told)


_WANTED = "to_prediction must give depth (B,1,h,w), (B,h,w) or a DepthPrediction, but gave "


def _one_channel(depth: Any) -> Tensor:
    if not isinstance(depth, Tensor):
        raise InputError(f"{_WANTED}a DepthPrediction whose depth is a {type(depth).__name__}")
    depth = depth[:, None] if depth.ndim == 3 else depth
    if depth.ndim != 4 or depth.shape[1] != 1:
        raise InputError(f"{_WANTED}{tuple(depth.shape)}")
    return depth


def fitted(prediction: DepthPrediction, size: tuple[int, int], resize_depth: Resize) -> DepthPrediction:
    """Every map resized: scale i to 1/2^i of `size`, all others to `size`; gradients flow through it.

    Depth and scales are resized by `resize_depth`, h = log sigma and the extras as they are.
    """
    return _each_map(prediction, size, resize_depth, resize)


def cropped(prediction: DepthPrediction, size: tuple[int, int]) -> DepthPrediction:
    """The upper left part of every map: 1/2^i of (height, width) of scale i, rounded up, all of it else."""

    def cut(values: Tensor, size: tuple[int, int]) -> Tensor:
        return crop(values, *size)

    return _each_map(prediction, size, cut, cut)


def _each_map(
    prediction: DepthPrediction, size: tuple[int, int], of_depth: Resize, of_others: Resize
) -> DepthPrediction:
    def at(scale: int) -> tuple[int, int]:
        return -(-size[0] // 2**scale), -(-size[1] // 2**scale)

    depth, first, log_scale = prediction.depth, prediction.scales[0], prediction.log_scale
    depth_there = of_depth(depth, size)
    # Most often the finest scale is the depth itself.
    finest = depth_there if first is depth else of_depth(first, size)
    coarser = (of_depth(scale, at(i)) for i, scale in enumerate(prediction.scales[1:], 1))
    return DepthPrediction(
        depth_there,
        scales=(finest, *coarser),
        log_scale=None if log_scale is None else of_others(log_scale, size),
        uncertainty_scales=tuple(of_others(values, at(i)) for i, values in enumerate(prediction.uncertainty_scales)),
        extras={name: of_others(values, size) for name, values in prediction.extras.items()},
    )
