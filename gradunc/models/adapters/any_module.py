"""Any module as a depth model."""

import math
from collections.abc import Sequence
from typing import Any

from torch import nn

from gradunc.errors import InputError, nearest
from gradunc.models.adapters.answers import Resize, ToPrediction
from gradunc.models.adapters.model import Adaptation, AdaptedModel, Decode, Forward, Limits, SplitAdaptedModel
from gradunc.ops.wrappers import bare
from gradunc.own_uncertainty import OwnUncertainty
from gradunc.types import OutputSpace


def adapt(
    module: nn.Module,
    to_prediction: ToPrediction,
    output_space: OutputSpace,
    *,
    mean: Sequence[float],
    std: Sequence[float],
    multiple: int = 1,
    forward: Forward | None = None,
    size: tuple[int, int] | None = None,
    resize: Resize | None = None,
    encode: Forward | None = None,
    decode: Decode | None = None,
    auto_layer: str | None = None,
    backbone: str | None = None,
    own_uncertainty: OwnUncertainty | None = None,
    coarse: str | int | None = None,
    coarse_to_prediction: ToPrediction | None = None,
    noise_seed: int | None = None,
    limits: Limits | None = None,
) -> AdaptedModel:
    """Make a depth model of any module, for everything in this package that asks for one.

    The adapted model takes images (B,3,H,W) in [0,1] of any size and answers with a `DepthPrediction` of that size. It
    shares the module and its weights; layer names are the module's own. To compile, or to train on several devices,
    wrap the adapted model rather than the module; wrapped modules work too.

    It trains with `DepthTraining` as it is. Losses compare depth: that of a network of depth is what `to_prediction`
    gives, that of a network of disparity is 1 / disparity, at most 1000. Video and stereo pairs (photometric loss) need
    depth above 0: let `to_prediction` end in exp, softplus or sigmoid. Disparity up to a factor AND a shift has no
    depth; say `OutputSpace("disparity", "metric")` instead to train it until its inverse is depth. Networks with
    outputs at several scales give them all as `DepthPrediction.scales`, finest first, in the quantity of
    `output_space`; otherwise there is the one.

    Args:
        module: the network.
        to_prediction: what the module returned -> depth (B,1,h,w) or (B,h,w), or a `DepthPrediction`; of any
            resolution, over the whole padded image.
        output_space: what the numbers mean.
        mean: of red, green and blue, subtracted from the image in [0,1].
        std: of red, green and blue; the image is divided by it.
        multiple: the image's last row and column are repeated until both sides are multiples; the depth is cropped.
        forward: (module, image, **inputs) -> what `to_prediction` takes; default: `module(image, **inputs)`.
        size: height and width [px] of typical images; lets `layers="auto"` and `list_layers` do without an example.
        resize: (depth, (height, width)) -> depth, for predictions of another size than the image, and for evaluation
            at the truth's size. Default: disparity as it is, depth through its disparity (below 1e-12 constant).
        encode: (module, image, **inputs) -> features, tensors in any nesting of tuples, lists and dicts.
        decode: (module, features, padded (height, width)) -> what `to_prediction` takes. With `encode` it replaces
            `forward`, and feature references run the encoder once.
        auto_layer: what `layers="auto"` takes, a name of the module's; default: it is searched.
        backbone: the encoder, a name of the module's, for a learning rate of its own in training.
        own_uncertainty: what a second output means that `to_prediction` gives as `log_scale` or in `extras`: a
            likelihood's scale, a standard deviation, a confidence, ...; the estimator `predicted` reads it.
        coarse: a coarser depth that the network computes on its way, for `output="coarse"`: a name of the module's that
            returns it, or i, scale i of the `DepthPrediction.scales` that `to_prediction` gives. Of any resolution; it
            is resized to 1/4 of the image's. The gradient is read in front of it only.
        coarse_to_prediction: what the module `coarse` returned -> depth in the quantity of `output_space`, as
            `to_prediction`, which is the default.
        noise_seed: of a module that draws noise: it is asked with this seed, as the keyword `noise_seed`, and must draw
            the same for it; the estimator `noise_ensemble` asks with others.
        limits: smallest and largest output that the module clips to, None where it does not: no gradient comes from
            there, so that gradient uncertainty is unknown. Default: 0 and none of disparity, else none.

    Raises:
        InputError: numbers out of range, only one of `encode` and `decode`, or no module called `auto_layer`,
            `backbone` or `coarse`.

    >>> import torch
    >>> net = nn.Conv2d(3, 1, 2, stride=2)
    >>> model = adapt(net, torch.exp, OutputSpace(), mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5), multiple=2)
    >>> model(torch.rand(1, 3, 5, 7)).depth.shape
    torch.Size([1, 1, 5, 7])
    """
    if multiple < 1:
        raise InputError(f"adapt: multiple={multiple} must be at least 1")
    if (encode is None) != (decode is None):
        raise InputError("adapt: encode and decode must be given together")
    if encode is not None and forward is not None:
        raise InputError("adapt: give forward, or encode and decode; a split network runs decode(encode(image))")
    _check_coarse(coarse, coarse_to_prediction)
    _check_limits(limits)
    for option, name in (("auto_layer", auto_layer), ("backbone", backbone), ("coarse", coarse)):
        if isinstance(name, str):
            _check_module(bare(module), option, name)
    if min(_three("std", std)) <= 0:
        raise InputError(f"adapt: std={list(std)} must be above 0")
    if size is not None:
        size = (int(size[0]), int(size[1]))
    parts = (to_prediction, output_space, _three("mean", mean), _three("std", std), multiple)
    names = (auto_layer, backbone, own_uncertainty, coarse, coarse_to_prediction, noise_seed, limits)
    adaptation = Adaptation(*parts, size, resize, forward, encode, decode, *names)
    adapted = AdaptedModel(module, adaptation) if encode is None else SplitAdaptedModel(module, adaptation)
    return adapted.train(module.training)


def _check_limits(limits: Any) -> None:
    if limits is None:
        return
    pair = isinstance(limits, tuple | list) and len(limits) == 2
    known = [one for one in limits if one is not None] if pair else []
    numbers = pair and all(isinstance(one, int | float) and math.isfinite(one) for one in known)
    if not numbers or known != sorted(set(known)):
        raise InputError(
            f"adapt: limits={limits} must be the smallest and the largest output, None where there is none"
        )


def _check_coarse(coarse: str | int | None, to_prediction: ToPrediction | None) -> None:
    if isinstance(coarse, bool) or not (coarse is None or isinstance(coarse, str) or coarse >= 1):
        raise InputError(f"adapt: coarse={coarse} must be the name of a module, or a scale's number from 1 on")
    if to_prediction is not None and not isinstance(coarse, str):
        raise InputError("adapt: coarse_to_prediction belongs to coarse=NAME, the name of a module")


def _check_module(network: nn.Module, option: str, name: str) -> None:
    names = [one for one, _ in network.named_modules() if one]
    if name not in names:
        near = ", ".join(nearest(name, names, 3))
        hint = f"; nearest: {near}" if near else ""
        raise InputError(f"adapt: {option}='{name}' is no module of {type(network).__name__}{hint}")


def _three(name: str, values: Sequence[float]) -> tuple[float, float, float]:
    if len(values) != 3:
        raise InputError(f"adapt: {name}={list(values)} must be three numbers, for red, green and blue")
    red, green, blue = (float(value) for value in values)
    return red, green, blue
