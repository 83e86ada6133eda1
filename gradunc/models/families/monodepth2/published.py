"""Published weights of Monodepth2 (`encoder.pth`, `depth.pth`) under our names. Facts: docs/checkpoints.md."""

import re
from collections.abc import Mapping
from typing import Any

from gradunc.errors import InputError
from gradunc.models.families.family import Files, Weights
from gradunc.models.families.monodepth2.settings import Monodepth2Settings
from gradunc.models.parts.published import as_published, tensors

_RESNETS = {(2, 2, 2, 2): "18", (3, 4, 6, 3): "34", (3, 4, 23, 3): "101", (3, 8, 36, 3): "152"}


def recognise(files: Files) -> bool:
    """Whether the keys are those of a ResNet and of the decoder of Monodepth2."""
    return "encoder.conv1.weight" in files["encoder.pth"] and "decoder.0.conv.conv.weight" in files["depth.pth"]


def settings(files: Files, head: str) -> Monodepth2Settings:
    """Settings that fit: size from `height` and `width`, depth of the ResNet and heads from the keys.

    Raises:
        InputError: a ResNet with another number of blocks than the known ones.
    """
    encoder = resnet_name(files["encoder.pth"])
    shared = as_published(files["encoder.pth"], head)
    # Files of all likelihoods look the same.
    own = "log_scale" if _interleaved(files) else "none"
    return Monodepth2Settings("monodepth2", encoder=encoder, uncertainty_head=own, **shared)


def convert(files: Files) -> Weights:
    """The state dict of our network; keys that are not known keep their names."""
    renamed: Weights = {
        "encoder.backbone." + key.removeprefix("encoder."): value
        for key, value in tensors(files["encoder.pth"]).items()
        if not key.startswith("encoder.fc.")
    }
    # With uncertainty heads the output convolutions alternate: disparity 0, uncertainty 0, disparity 1, ...
    interleaved = _interleaved(files)
    for key, value in tensors(files["depth.pth"]).items():
        match = re.fullmatch(r"decoder\.(\d+)\.conv(\.conv)?\.(weight|bias)", key)
        index = int(match[1]) if match else -1
        if match and match[2] and index < 10:
            renamed[f"decoder.blocks.{index}.conv.{match[3]}"] = value
        elif match and not match[2] and index >= 10:
            renamed[_head_name(index - 10, interleaved, match[3])] = value
        else:
            renamed[key] = value
    return renamed


def _interleaved(files: Files) -> bool:
    return "decoder.14.conv.weight" in files["depth.pth"]


def _head_name(position: int, interleaved: bool, kind: str) -> str:
    if not interleaved:
        return f"decoder.heads.{position}.{kind}"
    kind_of_head = "uncertainty_heads" if position % 2 else "heads"
    return f"decoder.{kind_of_head}.{position // 2}.{kind}"


def resnet_name(encoder: Mapping[str, Any], file: str = "encoder.pth") -> str:
    """Name of the timm ResNet whose weights a file holds under "encoder.".

    Raises:
        InputError: another number of blocks than the known ones.
    """
    blocks = []
    for layer in range(1, 5):
        found = {int(m[1]) for key in encoder if (m := re.match(rf"encoder\.layer{layer}\.(\d+)\.", key))}
        blocks.append(len(found))
    bottleneck = "encoder.layer1.0.conv3.weight" in encoder
    depth = "50" if bottleneck and tuple(blocks) == (3, 4, 6, 3) else _RESNETS.get(tuple(blocks))
    if depth is None:
        raise InputError(f"{file} holds a ResNet with {blocks} blocks; 18, 34, 50, 101 and 152 layers are known")
    return f"resnet{depth}"
