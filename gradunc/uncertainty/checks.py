"""What `estimate` demands of its input and of the network's answer."""

from typing import Any

import torch
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.ops.checks import check_image, check_range


def check_input(
    image: Tensor,
    mask: Tensor | None,
    reference: Tensor | None = None,
    index: Tensor | None = None,
    *,
    model: nn.Module | None = None,
) -> None:
    """Raise `InputError` unless the arguments of `estimate` are what they must be.

    Args:
        image: (B,3,H,W) float in [0,1].
        mask: (B,1,H,W) bool.
        reference: (B,1,H,W) float.
        index: (B,) integers.
        model: the network, if it has been told nothing of the image yet. If a part of it normalises by itself, with a
            `mean` and `std` (1,3,1,1), it takes images in [0,1]; of others the range is their author's business. Call
            this inside `session.evaluation` then, so that the range is looked at once.
    """
    check_image(image)
    if model is not None and any(map(_normalises, model.modules())):
        check_range(image)
    shape = (len(image), 1, *image.shape[-2:])
    if mask is not None and (tuple(mask.shape) != shape or mask.dtype != torch.bool):
        raise InputError(f"mask must be {shape} bool (True = counts), but is {tuple(mask.shape)} {mask.dtype}")
    if reference is not None and (tuple(reference.shape) != shape or not reference.is_floating_point()):
        raise InputError(f"reference must be {shape} float, but is {tuple(reference.shape)} {reference.dtype}")
    if index is not None and (tuple(index.shape) != (len(image),) or index.is_floating_point()):
        raise InputError(f"index must be {len(image)} integers, but is {tuple(index.shape)} {index.dtype}")


def check_prediction(prediction: Any, image: Tensor) -> None:
    """Raise `InputError` unless the network answered with a depth map of the image's size."""
    shape = (len(image), 1, *image.shape[-2:])
    depth = getattr(prediction, "depth", None)
    if not isinstance(depth, Tensor) or tuple(depth.shape) != shape:
        found = tuple(depth.shape) if isinstance(depth, Tensor) else type(prediction).__name__
        raise InputError(f"the model must return a DepthPrediction with depth {shape}, but gave {found}")


def usable(tensor: Tensor) -> Tensor:
    """A tensor made under inference mode can never enter autograd; a copy of it can."""
    return tensor.clone() if tensor.is_inference() else tensor


def slice_inputs(inputs: dict[str, Any], batch: int, start: int, count: int) -> dict[str, Any]:
    """Cut the tensors whose first axis is the batch; pass everything else on."""

    def part(value: Any) -> Any:
        if not isinstance(value, Tensor):
            return value
        return usable(value[start : start + count] if value.ndim > 0 and len(value) == batch else value)

    return {name: part(value) for name, value in inputs.items()}


def _normalises(module: nn.Module) -> bool:
    values = (getattr(module, name, None) for name in ("mean", "std"))
    return all(isinstance(value, Tensor) and value.shape == (1, 3, 1, 1) for value in values)
