"""Depth Anything 3 of its own package, for one image: depth, and the confidence of the networks that have one.

Lin et al., "Depth Anything 3: Recovering the Visual Space from Any Views" (2025); package depth-anything-3 0.1.1. What
the numbers mean, and where it is said:

* Any-view networks (`da3-small` to `da3-giant`): depth up to a factor, and a confidence 1 + exp(x), high = better. The
  package keeps points of high confidence, and fits the scale where it is at least its median.
* `da3mono-large`: depth up to a factor and a shift ("scale-shift-invariant depth" in the paper, "relative" in the
  package), and a sky output. No confidence.
* `da3metric-large`: focal length [px] / 300 times its output is depth in metres (README of the package). Without the
  focal length, which is in no image, it is depth up to a factor. A sky output, and no confidence.
"""

from typing import Any

import torch
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.models.adapters.any_module import adapt
from gradunc.models.adapters.model import AdaptedModel
from gradunc.models.adapters.preparation import ImagePreparation
from gradunc.ops.wrappers import bare
from gradunc.own_uncertainty import OwnUncertainty
from gradunc.types import DepthPrediction, OutputSpace, Size

LIBRARY = "depth_anything_3"
CONFIDENCE = "confidence"
"""Name of the extra output; as its own uncertainty it is negated, high = worse."""
MEAN, STD, PATCH = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225), 14
PREPARATION = ImagePreparation(504, 504, keep_aspect=True, inside=True)
"""The longer side 504 px, as the package does. It stretches both sides to multiples of 14; here they are padded."""
AUTO_LAYER = "head.scratch.refinenet1.resConfUnit2"
"""The last residual unit before the last upsampling: 4 times the grid of patches."""
FOCAL = 300.0
"""Focal length [px] of the camera for which the output of `da3metric-large` is in metres."""
SKY, FEWEST, QUANTILE = 0.3, 10, 0.99
"""Sky output from which on a pixel is sky; most pixels that are too few of either kind; what stands for "farthest"."""
OF_PRESETS = {"da3mono": OutputSpace("depth", "affine"), "da3metric": OutputSpace("depth", "scale")}
GAUSSIANS = ("gs_head", "gs_adapter")
"""Parts of the largest networks that depth does not need; networks of a folder come without them."""


def adapt_depth_anything_3(network: nn.Module, *, output_space: OutputSpace | None = None) -> AdaptedModel:
    """Make a depth model of Depth Anything 3, which then sees a single view.

    It runs in the precision of its weights, where the package runs the backbone in 16 bits. Sky is as far as the 99 %
    quantile of all else in the image, as in the package, which takes that of the batch or of a random part of it; no
    gradient passes there. Feature references run the backbone once. The estimator `predicted` reads the confidence.

    Args:
        network: `DepthAnything3.from_pretrained(...)` or the `DepthAnything3Net` inside it, which is shared.
        output_space: what the depth is up to; default: what is known of the network, see the module. Of
            `da3metric-large` `OutputSpace("depth", "metric")` means metres: `estimate(image, intrinsics=...)` then
            needs the camera (B,3,3) in pixels of the image.

    Raises:
        InputError: another network; a nested one; or one without confidence of which neither its name nor
            `output_space` says what it predicts.
    """
    published: Any = bare(network)
    preset = getattr(published, "model_name", None)
    return adapted(getattr(published, "model", network), preset if isinstance(preset, str) else None, output_space)


def adapted(network: nn.Module, preset: str | None, output_space: OutputSpace | None = None) -> AdaptedModel:
    """The depth model of a `DepthAnything3Net`, of which its preset says what it is; see `adapt_depth_anything_3`."""
    inner: Any = bare(network)
    _check(inner)
    confident = getattr(inner.head, "has_conf", True)
    space = output_space or (OutputSpace("depth", "scale") if confident else _space(preset))
    metres = space.ambiguity == "metric" and not confident
    model = adapt(
        network,
        _prediction,
        space,
        mean=MEAN,
        std=STD,
        multiple=PATCH,
        size=PREPARATION.size,
        encode=_encode_with_camera if metres else _encode,
        decode=_decode_metres if metres else _decode,
        auto_layer=AUTO_LAYER,
        backbone="backbone",
        own_uncertainty=OwnUncertainty("confidence", output=CONFIDENCE) if confident else None,
    )
    model.preparation = PREPARATION
    # With more parts than a preset is loaded with, its name does not say what the network is.
    if preset is not None and not any(getattr(inner, name, None) is not None for name in GAUSSIANS):
        model.origin = {"library": LIBRARY, "config": preset}
    return model


def _check(network: nn.Module) -> None:
    name = type(network).__name__
    if hasattr(network, "da3_metric"):
        raise InputError(
            f"a {name} fits two networks to each other, in place and without a gradient; adapt the one that sees any "
            "views: adapt_depth_anything_3(network.da3), or of the package's DepthAnything3 network.model.da3"
        )
    if not (hasattr(network, "backbone") and hasattr(network, "head")):
        raise InputError(f"a {name} is no network of Depth Anything 3; give DepthAnything3.from_pretrained(...)")


def _space(preset: str | None) -> OutputSpace:
    for name, space in OF_PRESETS.items():
        if str(preset).startswith(name):
            return space
    raise InputError(
        "a Depth Anything 3 without confidence predicts relative depth (da3mono) or, times the focal length, metres "
        "(da3metric), which its weights do not say; give output_space=OutputSpace('depth', 'affine' or 'metric')"
    )


def _encode(network: Any, image: Tensor) -> tuple[Tensor, ...]:
    """Tokens (B,N,C) of four blocks, patches only, of one view."""
    features, _ = network.backbone(image[:, None])
    return tuple(tokens[:, 0] for tokens, _camera in features)


def _decode(network: Any, features: tuple[Tensor, ...], size: Size) -> dict[str, Tensor]:
    """What the head says of one view, maps (B,1,H,W)."""
    answer = network.head([(tokens[:, None],) for tokens in features], *size, patch_start_idx=0)
    sky = answer.get("sky")
    return answer if sky is None else {**answer, "depth": with_sky(answer["depth"], sky)}


def _encode_with_camera(
    network: Any, image: Tensor, intrinsics: Tensor | None = None
) -> tuple[tuple[Tensor, ...], Tensor]:
    """The tokens, and the focal length (B,) [px]."""
    if intrinsics is None:
        raise InputError(
            "this network gives metres by the focal length; give intrinsics=(B,3,3) in pixels of the image, or adapt "
            "it with output_space=OutputSpace('depth', 'scale')"
        )
    if intrinsics.ndim != 3 or intrinsics.shape[-2:] != (3, 3):
        raise InputError(f"intrinsics have the shape {tuple(intrinsics.shape)}; (B,3,3) is needed")
    return _encode(network, image), (intrinsics[:, 0, 0] + intrinsics[:, 1, 1]) / 2


def _decode_metres(network: Any, features: tuple[tuple[Tensor, ...], Tensor], size: Size) -> dict[str, Tensor]:
    answer, focal = _decode(network, features[0], size), features[1].view(-1, 1, 1, 1)
    return {**answer, "depth": answer["depth"] * (focal / FOCAL)}


def with_sky(depth: Tensor, sky: Tensor) -> Tensor:
    """Depth (B,1,H,W) that is in the sky (B,1,H,W) as far as nearly all else of its image."""
    keep = sky < SKY
    among = torch.where(keep, depth.detach().float(), torch.nan)
    farthest = among.flatten(1).nanquantile(QUANTILE, dim=1).view(-1, 1, 1, 1)
    both = (keep.sum((1, 2, 3), keepdim=True) > FEWEST) & ((~keep).sum((1, 2, 3), keepdim=True) > FEWEST)
    return torch.where(~keep & both, farthest.to(depth.dtype), depth)


def _prediction(answer: dict[str, Tensor]) -> DepthPrediction:
    told = answer.get("depth_conf")
    return DepthPrediction(answer["depth"], extras={} if told is None else {CONFIDENCE: told})
