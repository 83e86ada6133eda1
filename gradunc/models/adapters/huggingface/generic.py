"""Depth networks of transformers that nobody has looked at here: asked as they are, and not split."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.models.adapters.any_module import adapt
from gradunc.models.adapters.model import AdaptedModel
from gradunc.types import OutputSpace, Size

UNKNOWN_PATCH = 16


def adapt_generic(
    model: nn.Module,
    *,
    mean: Sequence[float] | None,
    std: Sequence[float] | None,
    output_space: OutputSpace | None,
    size: Size | None,
) -> AdaptedModel:
    """Make a depth model of any `...ForDepthEstimation`: an image in, `predicted_depth` out.

    The layers of `layers="auto"` are searched, and references from features need a `layer`.

    Args:
        model: the network, whose config is that of transformers.
        mean: of the input; nothing is assumed.
        std: likewise.
        output_space: what the numbers mean; nothing is assumed.
        size: height and width [px] of typical images.

    Raises:
        InputError: something of it is not said.
    """
    name = type(model).__name__
    if output_space is None:
        raise InputError(
            f"{name} is known by its name only, not what it predicts; give output_space=OutputSpace('depth', 'metric') "
            "for depth in metres"
        )
    if mean is None or std is None:
        raise InputError(f"{name} is known by its name only, not how its images are normalised; give mean= and std=")
    multiple = 2 * _patch(getattr(model, "config", None))
    return adapt(model, _predicted, output_space, mean=mean, std=std, multiple=multiple, forward=_ask, size=size)


def _ask(network: nn.Module, image: Tensor) -> Any:
    return network(pixel_values=image)


def _predicted(answer: Any) -> Tensor:
    return answer.predicted_depth


def _patch(config: Any) -> int:
    """Pixels of a patch. Decoders of transformers often halve their grid, so that images hold an even number."""
    for one in (config, getattr(config, "backbone_config", None)):
        patch = getattr(one, "patch_size", None)
        patch = patch if isinstance(patch, int) or not patch else max(patch)
        if isinstance(patch, int) and patch > 0:
            return patch
    return UNKNOWN_PATCH
