"""Published weights of PixelFormer (one file of its training program) under our names. Facts: docs/networks.md."""

import re

from gradunc.models.families.family import ONE_FILE, Files, PublishedWeights, Variant, Weights
from gradunc.models.families.pixelformer.settings import PixelFormerSettings
from gradunc.models.parts.published import matrix_shape, tensors
from gradunc.models.parts.swin_names import MEASURES, POOLING, encoder_name, renamed, swin_of

PARTS = (
    *POOLING,
    (r"disp_head1\.conv1\.", "decoder.heads.0."),
    (r"bcp\.", "decoder.bins."),
)
"""How names begin in the file -> how ours do; the first that fits counts. Stages: `STAGE`."""
STAGE = r"sam([1-4])\."
WITHIN = (
    (r"proj_e\.", "features."),
    (r"proj_q\.", "query."),
    (r"norm_sam\.", "norm."),
    (r"sam_block\.normv\.", "norm_skip."),
    (r"sam_block\.attn\.relative_position_bias_table", "attention.bias.table"),
    (r"sam_block\.attn\.proj\.", "attention.out."),
    (r"sam_block\.attn\.", "attention."),
    (r"sam_block\.", ""),
)
UNUSED = re.compile(r"sam[1-4]\.proj\.(weight|bias)|.*\.relative_position_index")
"""A convolution of every stage that the published program never calls, and what follows from the windows."""


def recognise(files: Files) -> bool:
    """Whether the keys are those of a Swin transformer and of attention in its skip connections."""
    keys = files[ONE_FILE]
    return "backbone.patch_embed.proj.weight" in keys and "sam1.sam_block.attn.kv.weight" in keys


def settings(files: Files, head: str) -> PixelFormerSettings:
    """Settings that fit, but for the greatest depth, which no key says.

    Raises:
        InputError: a transformer that is not one of the known ones, or a decoder without its last convolution.
    """
    weights = tensors(files[ONE_FILE])
    bins, features = matrix_shape(weights, "disp_head1.conv1.weight", "PixelFormer")[:2]
    table = matrix_shape(weights, "sam1.sam_block.attn.relative_position_bias_table", "PixelFormer")
    return PixelFormerSettings(
        head="bins",
        ambiguity="metric",
        min_depth=0.1,
        transformer=swin_of(weights, "backbone."),
        features=features,
        attention_heads=table[1],
        bins=bins,
    )


def convert(files: Files) -> Weights:
    """The state dict of our network; keys that are not known keep their names."""
    given = tensors(files[ONE_FILE])
    return {
        encoder_name(key, "backbone.") or _decoder_name(key): value
        for key, value in given.items()
        if key not in MEASURES and not UNUSED.fullmatch(key)
    }


def _decoder_name(key: str) -> str:
    if match := re.match(STAGE, key):
        return f"decoder.skips.{int(match[1]) - 1}.{renamed(key[match.end() :], WITHIN)}"
    return renamed(key, PARTS)


# Under which names the files are published is not known well enough to tell them by it.
VARIANTS = {
    "pixelformer_nyu": Variant("PixelFormer for NYU, metres up to 10", {"max_depth": 10.0, "size": [480, 640]}, "MIT"),
    "pixelformer_kitti": Variant(
        "PixelFormer for KITTI, metres up to 80", {"max_depth": 80.0, "size": [352, 1216]}, "MIT"
    ),
}
PUBLISHED = PublishedWeights("PixelFormer", (), recognise, settings, convert, VARIANTS)
