"""Any timm backbone as a five-level feature pyramid."""

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.errors import InputError, nearest
from gradunc.models.checkpoints.state_dict import bare_key, check_weights, unwrapped
from gradunc.models.checkpoints.weight_files import read_safetensors, read_weight_file
from gradunc.models.parts.download import Unreachable, published_weights
from gradunc.models.parts.pretrained import Pretrained
from gradunc.models.parts.quick_timm import timm

LEVELS = (2, 4, 8, 16, 32)
"""Strides of the pyramid. A backbone without one of them (a transformer starts at 4 or 16) leaves a gap."""


class TimmEncoder(nn.Module):
    """A timm backbone that returns one feature map per level, None where the backbone has no such stride.

    Args:
        name: timm model name.
        pretrained: where the first weights come from.
        size: training (height, width), for backbones that are built for one size.
        in_chans: input channels; weights of the first layer are repeated and rescaled by timm.

    Raises:
        InputError: unknown name, weights that cannot be had, or a file that does not fit.
    """

    def __init__(self, name: str, pretrained: Pretrained, size: tuple[int, int], in_chans: int = 3) -> None:
        super().__init__()
        self.backbone = _create(name, pretrained, size, in_chans)
        info: Any = self.backbone.feature_info
        self._stages = _stage_per_level(info.reduction())
        self._stage_channels = info.channels()
        config = timm.get_pretrained_cfg(name)
        self.mean = tuple(config.mean) if config else (0.485, 0.456, 0.406)
        self.std = tuple(config.std) if config else (0.229, 0.224, 0.225)
        self.multiple = math.lcm(max(LEVELS), *info.reduction())
        self.channels = self._channels()
        if pretrained.file is not None:
            load_encoder_weights(self.backbone, pretrained.file)

    def _channels(self) -> tuple[int, ...]:
        """Channels per level, 0 for a gap; the deepest level is pooled from the last stage if need be."""
        channels = [self._stage_channels[self._stages[level]] if level in self._stages else 0 for level in LEVELS]
        channels[-1] = channels[-1] or self._stage_channels[-1]
        return tuple(channels)

    def forward(self, image: Tensor) -> list[Tensor | None]:
        """Normalised image (B,C,H,W), H and W multiples of `multiple` -> maps at 1/2, 1/4, ... 1/32."""
        maps = [_channels_first(m, c) for m, c in zip(self.backbone(image), self._stage_channels, strict=True)]
        height, width = image.shape[-2:]
        pyramid: list[Tensor | None] = []
        for level in LEVELS:
            stage = self._stages.get(level)
            feature = maps[stage] if stage is not None else None
            pyramid.append(None if feature is None else _fit(feature, height // level, width // level))
        if pyramid[-1] is None:
            pyramid[-1] = F.adaptive_avg_pool2d(maps[-1], (height // LEVELS[-1], width // LEVELS[-1]))
        return pyramid


def _create(name: str, pretrained: Pretrained, size: tuple[int, int], in_chans: int) -> nn.Module:
    # Transformers are built for one size unless told otherwise; convolutional networks refuse the keywords.
    attempts: list[dict[str, Any]] = [{"dynamic_img_size": True}, {"img_size": size}, {}]
    for keywords in attempts:
        try:
            return created(name, pretrained, features_only=True, in_chans=in_chans, **keywords)
        except TypeError:
            continue
    raise InputError(f"encoder '{name}' gives no feature maps; choose another timm backbone")


def created(name: str, pretrained: Pretrained, **keywords: Any) -> nn.Module:
    """A timm model; a weight file of `pretrained` is not read here.

    Args:
        name: timm model name.
        pretrained: whether published weights are downloaded.
        keywords: of `timm.create_model`.

    Raises:
        InputError: an unknown name, weights that cannot be had, or a backbone that gives no feature maps.
        TypeError: keywords that this model does not take.
    """
    if not timm.is_model(name):
        close = ", ".join(nearest(name, timm.list_models(), 3))
        raise InputError(
            f"unknown timm encoder '{name}'{close and f'; nearest: {close}'} (timm.list_models() has them all)"
        )
    try:
        return timm.create_model(name, **_weights(name, pretrained), **keywords)
    except (OSError, RuntimeError) as error:
        if not pretrained.download:
            raise InputError(f"encoder '{name}' cannot be built: {_first_line(error)}") from error
        raise _no_download(name, pretrained, _first_line(error)) from error


def _weights(name: str, pretrained: Pretrained) -> dict[str, Any]:
    """Keywords of `timm.create_model`; InputError where published weights cannot be had."""
    if not pretrained.download:
        return {"pretrained": False}
    try:
        return published_weights(name)
    except Unreachable as error:
        raise _no_download(name, pretrained, str(error), error.url) from error


def _no_download(name: str, pretrained: Pretrained, reason: str, url: str = "") -> InputError:
    option = pretrained.option
    fetch = f", or fetch '{url}' elsewhere and set {option}=FILE" if url else f", or {option}=FILE, a weight file"
    return InputError(
        f"weights of encoder '{name}' could not be downloaded ({reason}); set {option}=false to start from random "
        f"weights{fetch}"
    )


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__


def _stage_per_level(reductions: list[int]) -> dict[int, int]:
    """Level -> index of the last stage whose stride is nearest to it (14 counts as 16)."""
    nearest = [2 ** round(math.log2(reduction)) for reduction in reductions]
    return {level: max(i for i, r in enumerate(nearest) if r == level) for level in LEVELS if level in nearest}


def _channels_first(feature: Tensor, channels: int) -> Tensor:
    """Swin and its kin return (B,H,W,C)."""
    if feature.shape[1] != channels and feature.shape[-1] == channels:
        return feature.permute(0, 3, 1, 2)
    return feature


def _fit(feature: Tensor, height: int, width: int) -> Tensor:
    """Resize maps of strides that are no power of two (patches of 14) to their level."""
    if feature.shape[-2:] == (height, width):
        return feature
    return F.interpolate(feature, (height, width), mode="bilinear", align_corners=False)


def load_encoder_weights(backbone: nn.Module, path: Path) -> None:
    """Strict load of a file of the backbone or of the whole timm model, whose classifier is ignored."""
    weights = _read_weights(path)
    found: dict[str, Tensor] = {}
    for key, value in backbone.state_dict().items():
        given = next((weights[name] for name in _names_in_file(key) if name in weights), None)
        if given is None:
            raise InputError(f"{path} does not fit the encoder: '{key}' is missing")
        if given.ndim == 4 and given.shape[1] == 3 and value.shape[1] != 3:
            given = timm.models.adapt_input_conv(value.shape[1], given)
        if given.shape != value.shape:
            raise InputError(
                f"{path} does not fit the encoder: '{key}' is {tuple(given.shape)} instead of {tuple(value.shape)}"
            )
        found[key] = given
    backbone.load_state_dict(found)


def _read_weights(path: Path) -> Mapping[str, Tensor]:
    content = read_safetensors(path) if path.suffix == ".safetensors" else unwrapped(read_weight_file(path))
    weights = {key: value for key, value in content.items() if isinstance(value, Tensor)}
    return {bare_key(key): value for key, value in check_weights(weights, path).items()}


def _names_in_file(key: str) -> tuple[str, ...]:
    """A weight's own name, and the whole model's: timm's feature extraction flattens `stages.0` or adds `model.`."""
    return key, re.sub(r"^([a-z_]+)_(\d+)\.", r"\1.\2.", key), key.removeprefix("model.")
