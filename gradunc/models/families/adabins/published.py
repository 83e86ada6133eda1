"""Published weights of AdaBins (one `.pt` file of its training program) under our names. Facts: docs/networks.md."""

import re
from collections.abc import Mapping

from torch import Tensor

from gradunc.errors import InputError
from gradunc.models.families.adabins.settings import AdaBinsSettings
from gradunc.models.families.family import ONE_FILE, Files, PublishedWeights, Variant, Weights
from gradunc.models.parts.published import matrix_shape, tensors
from gradunc.models.parts.swin_names import renamed

ENCODER = "encoder.original_model."
VIT = r"adaptive_bins_layer\.patch_transformer\."
LAYER, OURS = rf"{VIT}transformer_encoder\.layers\.(\d)\.", r"decoder.transformer.layers.\1."
BLOCK = r"decoder\.up([1-4])\._net\."
BLOCKS = {"0": "conv1", "1": "norm1", "3": "conv2", "4": "norm2"}
PARTS = (
    (r"decoder\.conv2\.", "decoder.start."),
    (r"decoder\.conv3\.", "decoder.features."),
    (rf"{VIT}(?:embedding_convPxP|embedding_encoder)\.", "decoder.transformer.embedding."),
    (rf"{VIT}positional_encodings", "decoder.transformer.places"),
    (rf"{LAYER}self_attn\.in_proj_", rf"{OURS}attention.qkv."),
    (rf"{LAYER}self_attn\.out_proj\.", rf"{OURS}attention.out."),
    (rf"{LAYER}linear([12])\.", rf"{OURS}fc\2."),
    (LAYER, OURS),
    (r"adaptive_bins_layer\.(?:conv3x3|embedding_conv)\.", "decoder.ranges."),
    (r"adaptive_bins_layer\.regressor\.", "decoder.widths."),
    (r"conv_out\.0\.", "decoder.heads.0."),
    (r"encoder\.original_model\.conv_head\.", "decoder.widen."),
    (r"encoder\.original_model\.", "encoder.backbone."),
)
"""How names begin in the file -> how ours do; the first that fits counts. Older files say `embedding_...`."""
UNUSED = f"{ENCODER}bn2."
"""Of the classifier behind the convolution whose output the published decoder takes."""
BACKBONES = {(48, 512): "tf_efficientnet_b5.ap_in1k"}
"""Channels of the first and of the deepest map -> timm's name of an EfficientNet; AdaBins was published with one."""
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
"""What the published program feeds it; timm has other numbers for this backbone."""


def recognise(files: Files) -> bool:
    """Whether the keys are those of an EfficientNet and of the bins of AdaBins."""
    keys = files[ONE_FILE]
    return f"{ENCODER}conv_stem.weight" in keys and "adaptive_bins_layer.regressor.0.weight" in keys


def settings(files: Files, head: str) -> AdaBinsSettings:
    """Settings that fit, but for the greatest depth, which no key says.

    Raises:
        InputError: another EfficientNet than the known one, or a network without parts of its decoder.
    """
    weights = tensors(files[ONE_FILE])
    bins, features = matrix_shape(weights, "conv_out.0.weight", "AdaBins")[:2]
    return AdaBinsSettings(
        head="bins",
        ambiguity="metric",
        min_depth=1e-3,
        encoder=_backbone(weights),
        features=features,
        bins=bins,
        patch=_patch(weights),
        mean=MEAN,
        std=STD,
    )


def _backbone(weights: Mapping[str, Tensor]) -> str:
    stem = matrix_shape(weights, f"{ENCODER}conv_stem.weight", "AdaBins")[0]
    deepest = matrix_shape(weights, f"{ENCODER}conv_head.weight", "AdaBins")[1]
    if (stem, deepest) not in BACKBONES:
        raise InputError(
            f"an EfficientNet of {stem} to {deepest} channels is unknown below AdaBins; "
            f"{', '.join(BACKBONES.values())} is known"
        )
    return BACKBONES[stem, deepest]


def _patch(weights: Mapping[str, Tensor]) -> int:
    """Side of a patch, of newer and older names."""
    names = [
        f"adaptive_bins_layer.patch_transformer.{one}.weight" for one in ("embedding_convPxP", "embedding_encoder")
    ]
    return matrix_shape(weights, next((name for name in names if name in weights), names[0]), "AdaBins")[-1]


def convert(files: Files) -> Weights:
    """The state dict of our network; keys that are not known keep their names."""
    return {_name(key): value for key, value in tensors(files[ONE_FILE]).items() if not key.startswith(UNUSED)}


def _name(key: str) -> str:
    if match := re.fullmatch(rf"{BLOCK}([0134])\.(\w+)", key):
        return f"decoder.ups.{int(match[1]) - 1}.{BLOCKS[match[2]]}.{match[3]}"
    return renamed(key, PARTS)


LICENCE = "GPL-3.0"
VARIANTS = {
    "adabins_nyu": Variant(
        "AdaBins for NYU, metres up to 10", {"max_depth": 10.0, "size": [480, 640]}, LICENCE, "adabins_nyu"
    ),
    "adabins_kitti": Variant(
        "AdaBins for KITTI, metres up to 80", {"max_depth": 80.0, "size": [352, 1216]}, LICENCE, "adabins_kitti"
    ),
}
PUBLISHED = PublishedWeights("AdaBins", (), recognise, settings, convert, VARIANTS)
