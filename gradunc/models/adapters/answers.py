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
    """A prediction with depth (B,1,h,w) and no training scales.

    Raises:
        InputError: no map of one channel.
    """
    prediction = DepthPrediction(answer) if isinstance(answer, Tensor) else answer
    if isinstance(prediction, DepthPrediction):
        depth = prediction.depth
        depth = depth[:, None] if depth.ndim == 3 else depth
        if depth.ndim == 4 and depth.shape[1] == 1:
            return DepthPrediction(depth, log_scale=prediction.log_scale)
        found = f"{tuple(depth.shape)}"
    else:
        found = type(answer).__name__
    raise InputError(f"to_prediction must give depth (B,1,h,w), (B,h,w) or a DepthPrediction, but gave {found}")


def fitted(prediction: DepthPrediction, size: tuple[int, int], resize_depth: Resize) -> DepthPrediction:
    """Resized to `size`; gradients flow through it. h = log sigma is resized as it is."""
    log_scale = prediction.log_scale
    return DepthPrediction(
        resize_depth(prediction.depth, size), log_scale=None if log_scale is None else resize(log_scale, size)
    )


def cropped(prediction: DepthPrediction, size: tuple[int, int]) -> DepthPrediction:
    """The upper left (height, width) of every map."""
    log_scale = prediction.log_scale
    return DepthPrediction(
        crop(prediction.depth, *size), log_scale=None if log_scale is None else crop(log_scale, *size)
    )
