"""Published weights of Lite-Mono (`encoder.pth`, `depth.pth`) under our names. Facts: docs/checkpoints.md."""

import re
from typing import Any

from gradunc.errors import InputError
from gradunc.models.families.family import Files, Weights
from gradunc.models.families.lite_mono.settings import VARIANTS, LiteMonoSettings, Sizes
from gradunc.models.parts.published import as_published, tensors


def recognise(files: Files) -> bool:
    """Whether the keys are those of its encoder and of its decoder."""
    return "stages.0.0.ddwconv.conv.weight" in files["encoder.pth"] and "decoder.8.conv.weight" in files["depth.pth"]


def settings(files: Files, head: str) -> LiteMonoSettings:
    """Settings that fit: size from `height` and `width`, the variant from channels and blocks, dilation from the size.

    Raises:
        InputError: channels and blocks of no published variant.
    """
    encoder = files["encoder.pth"]
    shared = as_published(encoder, head)
    variant = _variant(encoder)
    # Dilations leave no trace in the weights: the published program tells them by the size and the variant.
    wide = shared["size"] == [320, 1024] and variant != "lite-mono-8m"
    return LiteMonoSettings(variant=variant, dilation=5 if wide else 3, **shared)


def convert(files: Files) -> Weights:
    """The state dict of our network; keys that are not known keep their names."""
    encoder = tensors(files["encoder.pth"])
    renamed: Weights = {"encoder." + key: value for key, value in encoder.items() if not _is_unused(key, encoder)}
    for key, value in tensors(files["depth.pth"]).items():
        match = re.fullmatch(r"decoder\.(\d+)\.conv(\.conv)?\.(weight|bias)", key)
        index = int(match[1]) if match else -1
        if match and match[2] and index < 6:
            renamed[f"decoder.blocks.{index}.conv.{match[3]}"] = value
        elif match and not match[2] and index >= 6:
            renamed[f"decoder.heads.{index - 6}.{match[3]}"] = value
        else:
            renamed[key] = value
    return renamed


def _is_unused(key: str, encoder: Weights) -> bool:
    """The layer norm of a block of convolutions, which the published program makes and never calls."""
    match = re.fullmatch(r"(stages\.\d+\.\d+)\.norm\.(weight|bias)", key)
    return bool(match) and f"{match[1]}.gamma_xca" not in encoder


def _variant(encoder: Any) -> str:
    found = Sizes(
        tuple(_channels(encoder, f"stages.{i}.0.gamma") for i in range(3)),
        tuple(len({m[1] for key in encoder if (m := re.match(rf"stages\.{i}\.(\d+)\.", key))}) for i in range(3)),
    )
    name = next((name for name, sizes in VARIANTS.items() if sizes == found), None)
    if name is None:
        raise InputError(
            f"encoder.pth holds a Lite-Mono with channels {found.channels} and blocks {found.blocks}; the published "
            f"variants are {', '.join(VARIANTS)}"
        )
    return name


def _channels(encoder: Any, key: str) -> int:
    return encoder[key].numel() if key in encoder else 0
