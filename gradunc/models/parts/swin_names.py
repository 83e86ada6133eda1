"""Names of the weights of depth networks on a Swin transformer (Liu et al., ICCV 2021): the programs' and ours."""

import re
from collections.abc import Mapping, Sequence

from torch import Tensor

from gradunc.errors import InputError

SIZES = {(96, 6): "tiny", (96, 18): "small", (128, 18): "base", (192, 18): "large"}
"""Width and blocks of the third stage -> name of the size."""
WINDOW = 7
MEASURES = ("best_eval_measures_higher_better", "best_eval_measures_lower_better")
"""Tensors of the training programs beside the weights."""
POOLING = (
    (r"decoder\.psp_modules\.(\d)\.1\.conv\.", r"decoder.pooling.levels.\1.conv."),
    (r"decoder\.psp_modules\.(\d)\.1\.gn\.", r"decoder.pooling.levels.\1.norm."),
    (r"decoder\.bottleneck\.conv\.", "decoder.pooling.join.conv."),
    (r"decoder\.bottleneck\.bn\.", "decoder.pooling.join.norm."),
)
"""For `renamed`: the parts of `PyramidPooling`."""


def renamed(key: str, parts: Sequence[tuple[str, str]]) -> str:
    """A name whose beginning is replaced by the first pattern that fits it; the same name if none does.

    >>> renamed("decoder.bottleneck.bn.weight", POOLING)
    'decoder.pooling.join.norm.weight'
    """
    for pattern, ours in parts:
        if match := re.match(pattern, key):
            return match.expand(ours) + key[match.end() :]
    return key


def encoder_name(key: str, prefix: str) -> str | None:
    """Our name of a weight of the transformer; None for others.

    Args:
        key: a name in the file.
        prefix: with which the transformer's names begin.

    >>> encoder_name("backbone.norm2.weight", "backbone."), encoder_name("decoder.norm2.weight", "backbone.")
    ('encoder.norms.2.weight', None)
    """
    if not key.startswith(prefix):
        return None
    name = key.removeprefix(prefix)
    if match := re.fullmatch(r"norm(\d)\.(\w+)", name):
        return f"encoder.norms.{match[1]}.{match[2]}"
    return f"encoder.backbone.{timm_name(name)}"


def timm_name(name: str) -> str:
    """Timm's name today of a weight of a Swin: it halves the resolution at the start of a stage, not behind it.

    >>> timm_name("layers.0.downsample.norm.weight")
    'layers.1.downsample.norm.weight'
    """
    return re.sub(r"^layers\.(\d)\.downsample\.", lambda match: f"layers.{int(match[1]) + 1}.downsample.", name)


def swin_of(weights: Mapping[str, Tensor], prefix: str) -> str:
    """The name that timm has for the transformer.

    Args:
        weights: of the file.
        prefix: with which the transformer's names begin.

    Raises:
        InputError: another width, number of blocks or window than the known ones.
    """
    width = len(weights[f"{prefix}patch_embed.proj.weight"])
    blocks = {
        match[1] for key in weights if (match := re.match(rf"{re.escape(prefix)}layers\.2\.blocks\.(\d+)\.", key))
    }
    table = weights.get(f"{prefix}layers.0.blocks.0.attn.relative_position_bias_table")
    size = SIZES.get((width, len(blocks)))
    if size is None or table is None or len(table) != (2 * WINDOW - 1) ** 2:
        raise InputError(
            f"a Swin transformer of width {width} with {len(blocks)} blocks in its third stage is unknown; those of "
            f"{', '.join(SIZES.values())} with windows of {WINDOW} are known"
        )
    return f"swin_{size}_patch4_window{WINDOW}_224"
