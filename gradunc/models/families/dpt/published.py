"""Published weights of DPT, MiDaS 3 and 3.1 (one `.pt` file) under our names. Facts: docs/networks.md."""

import math
import re

from gradunc.errors import InputError
from gradunc.models.families.dpt.settings import DPTSettings
from gradunc.models.families.family import ONE_FILE, Files, PublishedWeights, Variant, Weights
from gradunc.models.parts.dpt_names import decoder_name, taken
from gradunc.models.parts.published import matrix_shape, tensors
from gradunc.models.parts.swin_names import timm_name

PLAIN = {1024: ("vit_large_patch16_384", [5, 11, 17, 23]), 768: ("vit_base_patch16_384", [2, 5, 8, 11])}
"""Width -> transformer, and the blocks that the decoder reads."""
HYBRID = ("vit_base_r50_s16_384", [8, 11])
BEIT = {
    (1024, 32): ("beit_large_patch16_512", [5, 11, 17, 23]),
    (1024, 24): ("beit_large_patch16_384", [5, 11, 17, 23]),
    (768, 24): ("beit_base_patch16_384", [2, 5, 8, 11]),
}
"""Width, and patches along a side of the images of its training -> transformer and blocks."""
PATCH = 16
TABLE = "attn.relative_position_bias_table"
TABLE_OF_BLOCK = re.compile(rf"blocks\.(\d+)\.{re.escape(TABLE)}")
SWIN = {
    ("v2", 96): ("swinv2_tiny_window16_256", 256),
    ("v2", 128): ("swinv2_base_window12to24_192to384", 384),
    ("v2", 192): ("swinv2_large_window12to24_192to384", 384),
    ("v1", 192): ("swin_large_patch4_window12_384", 384),
}
"""Version and width of the first stage -> transformer, and the side of the images of its training [px]."""
MODEL = "pretrained.model."
UNUSED = re.compile(r"(norm|head|head_dist|fc_norm)\.|.*\.(relative_coords_table|relative_position_index|attn_mask)$")
"""Of the transformer: the classifier, the norm in front of it, and tables that are computed anew."""


def recognise(files: Files) -> bool:
    """Whether the keys are those of a transformer of timm and of a DPT decoder."""
    keys = files[ONE_FILE]
    transformer = any(f"{MODEL}{key}" in keys for key in ("blocks.0.attn.qkv.weight", "layers.0.blocks.0.norm1.weight"))
    return transformer and "scratch.refinenet1.out_conv.weight" in keys


def settings(files: Files, head: str) -> DPTSettings:
    """Settings that fit, relative; the keys say which transformer it is.

    Raises:
        InputError: a transformer that is not known.
    """
    weights = tensors(files[ONE_FILE])
    features = matrix_shape(weights, "scratch.layer1_rn.weight", "DPT")[0]
    channels = [matrix_shape(weights, f"scratch.layer{index}_rn.weight", "DPT")[1] for index in range(1, 5)]
    if f"{MODEL}layers.0.blocks.0.norm1.weight" in weights:
        version = "v2" if f"{MODEL}layers.0.blocks.0.attn.logit_scale" in weights else "v1"
        width = matrix_shape(weights, f"{MODEL}layers.0.blocks.0.attn.qkv.weight", "DPT")[1]
        known = SWIN.get((version, width))
        if known is None:
            raise InputError(f"a Swin {version} of width {width} is unknown; known: {', '.join(map(str, SWIN))}")
        name, side = known
        return DPTSettings(
            head="relative", size=[side, side], transformer=name, taps=[], features=features, channels=channels
        )
    name, taps, side = _transformer(weights)
    return DPTSettings(
        head="relative",
        size=[side, side],
        resize="keep_aspect",
        transformer=name,
        taps=list(taps),
        features=features,
        channels=channels,
    )


def _transformer(weights: Weights) -> tuple[str, list[int], int]:
    """Transformer, the blocks that the decoder reads, and the side of the images of its training [px]."""
    width = matrix_shape(weights, f"{MODEL}cls_token", "DPT")[-1]
    if f"{MODEL}blocks.0.{TABLE}" in weights:
        rows = matrix_shape(weights, f"{MODEL}blocks.0.{TABLE}", "DPT")[0]
        # (2n - 1)^2 offsets between patches, and three of the class token.
        patches = (math.isqrt(max(0, rows - 3)) + 1) // 2
        known = BEIT.get((width, patches))
        if known is None:
            raise InputError(
                f"a BEiT of width {width} for {patches}x{patches} patches is unknown; known: "
                f"{', '.join(name for name, _ in BEIT.values())}"
            )
        name, taps = known
        return name, taps, PATCH * patches
    known = HYBRID if f"{MODEL}patch_embed.backbone.stem.conv.weight" in weights else PLAIN.get(width)
    if known is None:
        raise InputError(f"a vision transformer of width {width} is unknown; large (1024) and base (768) are known")
    name, taps = known
    return name, taps, 384


def convert(files: Files) -> Weights:
    """The state dict of our network; keys that are not known keep their names."""
    renamed: Weights = {}
    swin = f"{MODEL}layers.0.blocks.0.norm1.weight" in files[ONE_FILE]
    for key, value in tensors(files[ONE_FILE]).items():
        inner = key.removeprefix("pretrained.")
        if key.startswith(MODEL):
            name = key.removeprefix(MODEL)
            if not UNUSED.match(name):
                renamed[_encoder_name(name, swin)] = value
        elif taken(key):
            # The published readout is a linear layer, ours a 1x1 convolution.
            joins = ".project.0.weight" in inner
            renamed[decoder_name(inner) or key] = value[..., None, None] if joins else value
    return renamed


def _encoder_name(name: str, swin: bool) -> str:
    """Ours; `features_only` of timm flattens the stages of a Swin, and the tables of a BEiT lie beside its blocks."""
    if match := TABLE_OF_BLOCK.fullmatch(name):
        return f"encoder.tables.{match[1]}"
    flat = f"backbone.{timm_name(name).replace('layers.', 'layers_', 1)}" if swin else name
    return f"encoder.backbone.{flat}"


def _fine_tuned(data: str, scale: float, shift: float, size: list[int]) -> Variant:
    """Depth = 1 / (scale * output + shift), two constants that stand in the published program only."""
    settings = {"head": "inverse", "ambiguity": "metric", "max_depth": 1 / shift, "size": size}
    return Variant(f"DPT for {data}, metres", settings, "MIT", rf"dpt_hybrid_{data.lower()}-.*", scale)


VARIANTS = {
    "dpt": Variant(
        "DPT or MiDaS 3, relative disparity",
        {},
        "MIT",
        r"dpt_(large|hybrid)(-midas-.*|_384)|dpt_(swin2?|beit)_(tiny|base|large)_(256|384|512)",
    ),
    "dpt_kitti": _fine_tuned("KITTI", 6.016e-5, 0.00579, [352, 1216]),
    "dpt_nyu": _fine_tuned("NYU", 3.05e-4, 0.1378, [480, 640]),
}
PUBLISHED = PublishedWeights("DPT", (), recognise, settings, convert, VARIANTS)
