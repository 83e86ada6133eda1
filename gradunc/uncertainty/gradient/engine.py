"""The gradient engine: from a chunk of images to the gradient of the auxiliary loss at the chosen layers.

docs/methods.md A.1, A.9. Everything that reads gradients (estimates, the layer study, exported graphs) goes through
`differentiate`.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from gradunc.brief import brief_repr
from gradunc.errors import InputError
from gradunc.ops.masked import lower_median
from gradunc.ops.wrappers import layer_root
from gradunc.types import OutputSpace
from gradunc.uncertainty.asking import copied
from gradunc.uncertainty.draws import Draws
from gradunc.uncertainty.gradient.anchor import anchor
from gradunc.uncertainty.gradient.capture import Captured, backpropagate, capture
from gradunc.uncertainty.gradient.cells import Compared, in_cells
from gradunc.uncertainty.gradient.losses import REFERENCE_FREE, AuxiliaryLoss, Comparison, has_floor, predicted_variance
from gradunc.uncertainty.gradient.outputs import FULL, Output, depth_of
from gradunc.uncertainty.gradient.recording import Recording
from gradunc.uncertainty.gradient.references.base import (
    Query,
    Reference,
    ReferenceDepth,
    can_split,
    compares_outputs,
)

T = TypeVar("T")


class Chunk(NamedTuple):
    """Images that are differentiated together, and what belongs to them."""

    image: Tensor
    """(b,3,H,W) float in [0,1]."""
    mask: Tensor | None
    """(b,1,H,W) bool, True = counts."""
    given: Tensor | None
    """(b,1,H,W) reference depth of the caller."""
    inputs: dict[str, Any]
    """Further arguments of the network."""
    seeds: Callable[[], Sequence[int]]
    """One per image, for references that draw random numbers."""

    __repr__ = brief_repr


Review = Callable[[Query, Tensor, list[Reference], Tensor | None], list[Reference]]
"""(query, plain prediction (b,1,H,W), references, mask) -> the references that are compared with."""


@dataclass(frozen=True)
class Recipe:
    """What is compared, and at which layers the gradient is read."""

    layers: tuple[str, ...]
    references: tuple[ReferenceDepth, ...]
    """None of them: the loss is one of `REFERENCE_FREE`, or the variance term alone."""
    loss: AuxiliaryLoss
    variance_weight: float = 0.0
    review: Review | None = None
    output: Output = FULL

    __repr__ = brief_repr


class Differentiated(NamedTuple, Generic[T]):
    """What one backward pass gave."""

    depth: Tensor
    """(b,1,H,W) prediction, without graph."""
    keep: Tensor | None
    """(b,1,H,W) bool, where the loss was taken; None = everywhere."""
    loss: Tensor
    """(b,)."""
    layers: dict[str, T]
    """Layer -> what `reduce` made of its gradient."""

    __repr__ = brief_repr


def differentiate(model: nn.Module, recipe: Recipe, chunk: Chunk, reduce: Callable[[Tensor], T]) -> Differentiated[T]:
    """Prediction, references, loss and its gradient at the layers, each reduced as soon as it is known.

    Call it inside `session.evaluation(model)`. The encoder runs once if only features are changed and the network can
    be split.

    Raises:
        InputError: see `capture`, `backpropagate` and the references.
    """
    with capture(layer_root(model), recipe.layers) as captured, torch.no_grad():
        compared, depth = _compared(model, recipe, chunk, captured)
    _check_maps(captured, len(chunk.image))
    keep = chunk.mask if compared.keeps is None else compared.keeps.any(0)
    with torch.enable_grad(), torch.autocast(chunk.image.device.type, enabled=False):
        loss = _loss(model, recipe, compared)
    del compared
    factor = _loss_scale(depth)
    with torch.enable_grad():
        scaled = loss if factor == 1 else factor * loss
    layers = backpropagate(scaled, captured, reduce if factor == 1 else lambda grad: reduce(grad.float() / factor))
    return Differentiated(depth, keep, loss.detach(), layers)


def _compared(model: nn.Module, recipe: Recipe, chunk: Chunk, captured: Captured) -> tuple[Compared, Tensor]:
    """What is compared, of pixels or by a coarse head, and the prediction (b,1,H,W), without graph."""
    output, parts = recipe.output, (model, chunk.image, chunk.inputs)
    wanted = output.has_head or any(changes_features(one) for one in recipe.references)
    split = wanted and can_split(model)
    features = model.encode(chunk.image.clone(), **copied(chunk.inputs)) if split else None  # pyright: ignore[reportCallIssue]
    with captured.paused():
        # Before the prediction: a decoder may work on the features in place.
        known = (chunk.given, features, output)
        early = [
            None if compares_outputs(one) else one(Query(*parts, Draws(chunk.seeds, stream), *known))
            for stream, one in enumerate(recipe.references)
        ]
    with Recording():
        answer = output.of_features(model, features, chunk.image) if split else output.of_image(*parts)
    if output.has_head:
        _check_reached(captured)
    with captured.paused():
        depth = answer.finish().depth.detach()
        query = Query(*parts, Draws(chunk.seeds, 0), chunk.given, output=output, prediction=depth)
        references = [late(query) if one is None else one for one, late in zip(early, recipe.references, strict=True)]
        if recipe.review is not None:
            references = recipe.review(query, depth_of(answer, output, chunk.image), references, chunk.mask)
    return Compared(answer.compared, references, _masks(references, chunk.mask, depth), chunk.mask), depth


def _loss_scale(depth: Tensor) -> float:
    """A power of two that keeps float16 gradients above 0: of a mean over P pixels they are smaller than 1/P."""
    return 2.0 ** round(math.log2(depth[0].numel())) if depth.dtype == torch.float16 else 1.0


def changes_features(reference: ReferenceDepth) -> bool:
    """Whether a reference changes the encoder's features, rather than the image or the output of a named layer."""
    return hasattr(reference, "layer") and reference.layer is None  # pyright: ignore[reportAttributeAccessIssue]


def _masks(references: Sequence[Reference], mask: Tensor | None, depth: Tensor) -> Tensor | None:
    """Where each reference counts, (K,b,1,H,W); None = everywhere, or no reference."""
    if not references or (mask is None and all(one.valid is None for one in references)):
        return None
    everywhere = torch.ones_like(depth, dtype=torch.bool) if mask is None else mask
    return torch.stack([everywhere if one.valid is None else one.valid & everywhere for one in references])


def _check_reached(captured: Captured) -> None:
    missing = [name for name in captured.names if name not in captured.tensors]
    if missing:
        raise InputError(
            f"layer '{missing[0]}' does not run in front of the coarse head, so output=coarse has no gradient there; "
            "layers='coarse' chooses those that do"
        )


def _check_maps(captured: Captured, images: int) -> None:
    """Attention in windows works on a batch of windows, and their tokens are no map of an image."""
    for name, feature in captured.tensors.items():
        if len(feature) != images:
            raise InputError(
                f"layer '{name}' gives {len(feature)} maps for {images} images (windows of attention?); "
                "gradunc.list_layers names those that give one for each"
            )


def _loss(model: nn.Module, recipe: Recipe, compared: Compared) -> Tensor:
    space = getattr(model, "output_space", OutputSpace())
    prediction, references, keeps, mask = in_cells(compared, recipe.output, space)
    depth = prediction.depth.float()
    loss = depth.new_zeros(len(depth))
    counts = mask if keeps is None else keeps.any(0)
    if references or recipe.loss in REFERENCE_FREE:
        found = [_in_unit_of(depth.detach(), one, mask) for one in references]
        stack = torch.stack(found) if found else depth.new_empty(0, *depth.shape)
        # Without a reference the mask alone says what counts.
        kept = keeps if found or mask is None else mask[None]
        zero = anchor(depth, space, counts) if has_floor(recipe.loss, space) else None
        pair = (depth, stack) if zero is None else (zero.of(depth), zero.of(stack))
        loss = recipe.loss(Comparison(*pair, kept, space))
    if recipe.variance_weight:
        loss = loss + recipe.variance_weight * predicted_variance(prediction.log_scale, counts)
    return loss


def _in_unit_of(depth: Tensor, reference: Reference, mask: Tensor | None) -> Tensor:
    """A reference in float32, rescaled to the prediction if it asks for that, by the medians where both are known."""
    values = reference.depth.detach().float()
    if not (reference.rescale or reference.by_ratio):
        return values
    known = torch.ones_like(values, dtype=torch.bool) if reference.valid is None else reference.valid
    known = known if mask is None else known & mask

    def median(maps: Tensor) -> Tensor:
        return lower_median(maps.flatten(1), known.flatten(1))

    ratio = median(depth / values) if reference.by_ratio else median(depth) / median(values)
    factor = ratio.nan_to_num(1.0)
    return values * factor[:, None, None, None]
