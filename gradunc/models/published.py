"""Key names of published weight files (`encoder.pth`, `depth.pth`) turned into ours. Facts: docs/checkpoints.md."""

import re
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from gradunc.errors import InputError
from gradunc.models.settings import ModelSettings

Weights = dict[str, Tensor]
_RESNETS = {(2, 2, 2, 2): "18", (3, 4, 6, 3): "34", (3, 4, 23, 3): "101", (3, 8, 36, 3): "152"}


def recognise(encoder: Mapping[str, object], decoder: Mapping[str, object]) -> str:
    """The architecture of a pair of published state dicts, told by their keys.

    Raises:
        InputError: keys that belong to none of the known families.
    """
    if "encoder.conv1.weight" in encoder and "decoder.0.conv.conv.weight" in decoder:
        return "monodepth2"
    if "convs.0.0.weight" in encoder and "decoder.8.conv3.weight" in decoder:
        return "rt_monodepth_s"
    raise InputError(
        f"encoder.pth (first key '{next(iter(encoder), '')}') and depth.pth (first key '{next(iter(decoder), '')}') "
        "are of no known family (Monodepth2 ResNet, RT-MonoDepth-S)"
    )


def settings_of(architecture: str, encoder: Mapping[str, object], decoder: Weights, head: str) -> ModelSettings:
    """Model settings that fit a published pair: size from `height` and `width`, encoder depth from the keys."""
    size: Any = [encoder.get("height", 192), encoder.get("width", 640)]
    settings = ModelSettings(
        architecture=architecture,
        size=[int(side) for side in size],
        head=head,
        ambiguity="metric" if head == "depth" else "scale",
        mean=[0.45] * 3,
        std=[0.225] * 3,
    )
    if architecture == "monodepth2":
        settings.encoder = _resnet_name(encoder)
        settings.uncertainty_head = "decoder.14.conv.weight" in decoder
    else:
        settings.encoder = "none"
    return settings


def _resnet_name(encoder: Mapping[str, object]) -> str:
    blocks = []
    for layer in range(1, 5):
        found = {int(m[1]) for key in encoder if (m := re.match(rf"encoder\.layer{layer}\.(\d+)\.", key))}
        blocks.append(len(found))
    bottleneck = "encoder.layer1.0.conv3.weight" in encoder
    depth = "50" if bottleneck and tuple(blocks) == (3, 4, 6, 3) else _RESNETS.get(tuple(blocks))
    if depth is None:
        raise InputError(f"encoder.pth holds a ResNet with {blocks} blocks; 18, 34, 50, 101 and 152 layers are known")
    return f"resnet{depth}"


def convert(architecture: str, encoder: Mapping[str, object], decoder: Weights) -> Weights:
    """Published state dicts -> a state dict under our names; keys that we do not know keep theirs."""
    tensors = {key: value for key, value in encoder.items() if isinstance(value, Tensor)}
    for extra in ("height", "width", "use_stereo"):
        tensors.pop(extra, None)
    if architecture == "monodepth2":
        return _convert_monodepth2(tensors, decoder)
    return _convert_rt_monodepth(tensors, decoder)


def _convert_monodepth2(encoder: Weights, decoder: Weights) -> Weights:
    renamed = {
        "encoder.backbone." + key.removeprefix("encoder."): value
        for key, value in encoder.items()
        if not key.startswith("encoder.fc.")
    }
    # With uncertainty heads the output convolutions alternate: disparity 0, uncertainty 0, disparity 1, ...
    interleaved = "decoder.14.conv.weight" in decoder
    for key, value in decoder.items():
        match = re.fullmatch(r"decoder\.(\d+)\.conv(\.conv)?\.(weight|bias)", key)
        index = int(match[1]) if match else -1
        if match and match[2] and index < 10:
            renamed[f"decoder.blocks.{index}.conv.{match[3]}"] = value
        elif match and not match[2] and index >= 10:
            renamed[_head_name(index - 10, interleaved, match[3])] = value
        else:
            renamed[key] = value
    return renamed


def _head_name(position: int, interleaved: bool, kind: str) -> str:
    if not interleaved:
        return f"decoder.heads.{position}.{kind}"
    kind_of_head = "uncertainty_heads" if position % 2 else "heads"
    return f"decoder.{kind_of_head}.{position // 2}.{kind}"


def _convert_rt_monodepth(encoder: Weights, decoder: Weights) -> Weights:
    renamed = {"encoder." + key: value for key, value in encoder.items()}
    for key, value in decoder.items():
        match = re.fullmatch(r"decoder\.(\d+)\.conv(3?)\.(weight|bias)", key)
        if match and not match[2]:
            renamed[f"decoder.blocks.{match[1]}.conv.{match[3]}"] = value
        elif match:
            renamed[f"decoder.heads.{int(match[1]) - 8}.{match[3]}"] = value
        else:
            renamed[key] = value
    return renamed
