"""Published weights of NeWCRFs (one `.ckpt` file of its training program) under our names. Facts: docs/networks.md."""

import re

from torch import Tensor

from gradunc.errors import InputError
from gradunc.models.families.family import ONE_FILE, Files, PublishedWeights, Variant, Weights
from gradunc.models.families.newcrfs.settings import NeWCRFsSettings
from gradunc.models.parts.published import tensors
from gradunc.models.parts.swin_names import encoder_name, swin_of

MEASURES = ("best_eval_measures_higher_better", "best_eval_measures_lower_better")
"""Tensors of the training program beside the weights."""
PARTS = (
    (r"disp_head1\.conv1\.", "decoder.heads.0."),
    (r"decoder\.psp_modules\.(\d)\.1\.conv\.", r"decoder.pooling.levels.\1.conv."),
    (r"decoder\.psp_modules\.(\d)\.1\.gn\.", r"decoder.pooling.levels.\1.norm."),
    (r"decoder\.bottleneck\.conv\.", "decoder.pooling.join.conv."),
    (r"decoder\.bottleneck\.bn\.", "decoder.pooling.join.norm."),
    (r"crf(\d)\.proj_x\.", r"decoder.crfs.\1.features."),
    (r"crf(\d)\.proj_v\.", r"decoder.crfs.\1.message."),
    (r"crf(\d)\.norm_crf\.", r"decoder.crfs.\1.norm."),
    (
        r"crf(\d)\.crf_layer\.blocks\.(\d)\.attn\.relative_position_bias_table",
        r"decoder.crfs.\1.blocks.\2.attention.bias.table",
    ),
    (r"crf(\d)\.crf_layer\.blocks\.(\d)\.attn\.proj\.", r"decoder.crfs.\1.blocks.\2.attention.out."),
    (r"crf(\d)\.crf_layer\.blocks\.(\d)\.attn\.", r"decoder.crfs.\1.blocks.\2.attention."),
    (r"crf(\d)\.crf_layer\.blocks\.(\d)\.", r"decoder.crfs.\1.blocks.\2."),
)
"""How names begin in the file -> how ours do; the first that fits counts."""


def recognise(files: Files) -> bool:
    """Whether the keys are those of a Swin transformer and of its decoder of window CRFs."""
    keys = files[ONE_FILE]
    return "backbone.patch_embed.proj.weight" in keys and "crf0.crf_layer.blocks.0.attn.qk.weight" in keys


def settings(files: Files, head: str) -> NeWCRFsSettings:
    """Settings that fit, but for the greatest depth, which no key says.

    Raises:
        InputError: a transformer that is not one of the known ones, or a decoder of other windows.
    """
    weights = tensors(files[ONE_FILE])
    table = _shape(weights, "crf0.crf_layer.blocks.0.attn.relative_position_bias_table")
    return NeWCRFsSettings(
        head="sigmoid_depth",
        ambiguity="metric",
        transformer=swin_of(weights, "backbone."),
        features=_shape(weights, "disp_head1.conv1.weight")[1],
        attention_heads=table[1],
    )


def convert(files: Files) -> Weights:
    """The state dict of our network; keys that are not known keep their names."""
    renamed: Weights = {}
    for key, value in tensors(files[ONE_FILE]).items():
        if key in MEASURES or key.endswith(".relative_position_index"):
            continue
        renamed[encoder_name(key, "backbone.") or _decoder_name(key)] = value
    return renamed


def _decoder_name(key: str) -> str:
    for pattern, ours in PARTS:
        if match := re.match(pattern, key):
            return match.expand(ours) + key[match.end() :]
    return key


def _shape(weights: Weights, key: str) -> tuple[int, ...]:
    found = weights.get(key)
    if not isinstance(found, Tensor) or found.ndim < 2:
        raise InputError(f"'{key}' is missing, which NeWCRFs has")
    return tuple(found.shape)


VARIANTS = {
    "newcrfs_nyu": Variant(
        "NeWCRFs for NYU, metres up to 10", {"max_depth": 10.0, "size": [480, 640]}, "MIT", "model_nyu"
    ),
    "newcrfs_kitti": Variant(
        "NeWCRFs for KITTI, metres up to 80", {"max_depth": 80.0, "size": [352, 1216]}, "MIT", "model_kittieigen"
    ),
}
PUBLISHED = PublishedWeights("NeWCRFs", (), recognise, settings, convert, VARIANTS)
