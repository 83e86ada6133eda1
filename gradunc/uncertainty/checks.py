"""What `estimate` demands of its input and of the network's answer."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.ops.checks import check_image, check_range
from gradunc.types import DepthPrediction


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


def prediction_of(answer: Any, image: Tensor) -> DepthPrediction:
    """What a network has answered, as a prediction.

    Args:
        answer: a `DepthPrediction`, or depth alone: (B,1,H,W) or (B,H,W).
        image: (B,3,H,W), what was asked.

    Raises:
        InputError: no depth map of the image's size; the message says how `adapt` makes one.
    """
    prediction = DepthPrediction(answer) if isinstance(answer, Tensor) else answer
    depth = getattr(prediction, "depth", None)
    if isinstance(prediction, DepthPrediction) and isinstance(depth, Tensor) and depth.ndim == 3:
        prediction = prediction._replace(depth=depth[:, None])
        depth = prediction.depth
    shape = (len(image), 1, *image.shape[-2:])
    if isinstance(depth, Tensor) and tuple(depth.shape) == shape:
        return prediction
    raise InputError(
        f"the model must return a DepthPrediction or a tensor with depth {shape}, but gave {_found(answer)}; "
        f"gradunc.adapt(model, lambda answer: {_taken(answer)}, OutputSpace(), mean=..., std=...) makes it so"
    )


def _found(answer: Any) -> str:
    """What a network has answered instead of depth."""
    depth = answer if isinstance(answer, Tensor) else getattr(answer, "depth", None)
    if isinstance(depth, Tensor):
        return str(tuple(depth.shape))
    kind = type(answer).__name__
    if isinstance(answer, Mapping):
        return f"a {kind} with the keys {', '.join(map(str, answer))}"[:200]
    return f"a {kind} of {len(answer)}" if isinstance(answer, tuple | list) else f"a {kind}"


def _taken(answer: Any) -> str:
    """How depth may be taken out of an answer, as Python writes it."""
    if isinstance(answer, Mapping):
        return f"answer[{next(iter(answer), 'depth')!r}]"
    if isinstance(answer, tuple | list) and not hasattr(answer, "depth"):
        return "answer[0]"
    if isinstance(answer, Tensor) and answer.ndim == 4 and answer.shape[1] > 1:
        return "answer[:, :1]"
    return "answer" if isinstance(answer, Tensor) else "answer.depth"


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
