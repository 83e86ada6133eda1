"""Published weights of NeWCRFs (one `.ckpt` file of its training program) under our names. Facts: docs/networks.md."""

from gradunc.models.families.family import ONE_FILE, Files, PublishedWeights, Variant, Weights
from gradunc.models.families.newcrfs.settings import NeWCRFsSettings
from gradunc.models.parts.published import matrix_shape, tensors
from gradunc.models.parts.swin_names import MEASURES, POOLING, encoder_name, renamed, swin_of

BLOCK, OURS = r"crf(\d)\.crf_layer\.blocks\.(\d)\.", r"decoder.crfs.\1.blocks.\2."
PARTS = (
    *POOLING,
    (r"disp_head1\.conv1\.", "decoder.heads.0."),
    (r"crf(\d)\.proj_x\.", r"decoder.crfs.\1.features."),
    (r"crf(\d)\.proj_v\.", r"decoder.crfs.\1.message."),
    (r"crf(\d)\.norm_crf\.", r"decoder.crfs.\1.norm."),
    (rf"{BLOCK}attn\.relative_position_bias_table", rf"{OURS}attention.bias.table"),
    (rf"{BLOCK}attn\.proj\.", rf"{OURS}attention.out."),
    (rf"{BLOCK}attn\.", rf"{OURS}attention."),
    (BLOCK, OURS),
)
"""How names begin in the file -> how ours do; the first that fits counts."""


def recognise(files: Files) -> bool:
    """Whether the keys are those of a Swin transformer and of its decoder of window CRFs."""
    keys = files[ONE_FILE]
    return "backbone.patch_embed.proj.weight" in keys and "crf0.crf_layer.blocks.0.attn.qk.weight" in keys


def settings(files: Files, head: str) -> NeWCRFsSettings:
    """Settings that fit, but for the greatest depth, which no key says.

    Raises:
        InputError: a transformer that is not one of the known ones, or a decoder without its last convolution.
    """
    weights = tensors(files[ONE_FILE])
    table = matrix_shape(weights, "crf0.crf_layer.blocks.0.attn.relative_position_bias_table", "NeWCRFs")
    return NeWCRFsSettings(
        head="sigmoid_depth",
        ambiguity="metric",
        transformer=swin_of(weights, "backbone."),
        features=matrix_shape(weights, "disp_head1.conv1.weight", "NeWCRFs")[1],
        attention_heads=table[1],
    )


def convert(files: Files) -> Weights:
    """The state dict of our network; keys that are not known keep their names."""
    given = tensors(files[ONE_FILE])
    return {
        encoder_name(key, "backbone.") or renamed(key, PARTS): value
        for key, value in given.items()
        if key not in MEASURES and not key.endswith(".relative_position_index")
    }


VARIANTS = {
    "newcrfs_nyu": Variant(
        "NeWCRFs for NYU, metres up to 10", {"max_depth": 10.0, "size": [480, 640]}, "MIT", "model_nyu"
    ),
    "newcrfs_kitti": Variant(
        "NeWCRFs for KITTI, metres up to 80", {"max_depth": 80.0, "size": [352, 1216]}, "MIT", "model_kittieigen"
    ),
}
PUBLISHED = PublishedWeights("NeWCRFs", (), recognise, settings, convert, VARIANTS)
