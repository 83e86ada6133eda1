"""Published weights of Depth Anything (one `.pth` file) under our names. Facts: docs/checkpoints.md."""

from gradunc.errors import InputError
from gradunc.models.families.depth_anything.settings import DepthAnythingSettings
from gradunc.models.families.family import ONE_FILE, Files, PublishedWeights, Variant, Weights
from gradunc.models.parts.dpt_names import decoder_name, taken
from gradunc.models.parts.published import matrix_shape, tensors
from gradunc.models.settings import ModelSettings

SIZES = {384: ("small", [2, 5, 8, 11]), 768: ("base", [2, 5, 8, 11]), 1024: ("large", [4, 11, 17, 23])}
"""Width -> name of the transformer of DINOv2, and the blocks that V2 reads."""
TITLE = "Depth Anything"
NON_COMMERCIAL = "CC-BY-NC-4.0, non-commercial use only"


def recognise(files: Files) -> bool:
    """Whether the keys are those of a DINOv2 and of a DPT decoder."""
    keys = files[ONE_FILE]
    return "pretrained.blocks.0.ls1.gamma" in keys and "depth_head.scratch.refinenet1.out_conv.weight" in keys


def settings(files: Files, head: str) -> DepthAnythingSettings:
    """Settings that fit, of V2 and relative: what the keys say is the size.

    Raises:
        InputError: a transformer of another width than the known ones, or with register tokens.
    """
    weights = tensors(files[ONE_FILE])
    width = matrix_shape(weights, "pretrained.cls_token", TITLE)[-1]
    if width not in SIZES:
        raise InputError(f"a DINOv2 of width {width} is unknown; small (384), base (768) and large (1024) are known")
    name, taps = SIZES[width]
    prefix = "depth_head."
    return DepthAnythingSettings(
        head="relative",
        size=[518, 518],
        resize="keep_aspect",
        transformer=f"vit_{name}_patch14_dinov2",
        taps=taps,
        features=matrix_shape(weights, f"{prefix}scratch.layer1_rn.weight", TITLE)[0],
        channels=[matrix_shape(weights, f"{prefix}projects.{index}.weight", TITLE)[0] for index in range(4)],
    )


def convert(files: Files) -> Weights:
    """The state dict of our network; keys that are not known keep their names."""
    renamed: Weights = {}
    for key, value in tensors(files[ONE_FILE]).items():
        if key == "pretrained.mask_token" or not taken(key.removeprefix("depth_head.")):
            continue
        if key.startswith("pretrained."):
            renamed[f"encoder.backbone.{key.removeprefix('pretrained.')}"] = value
        else:
            renamed[decoder_name(key.removeprefix("depth_head.")) or key] = value
    return renamed


def _size_of(settings: ModelSettings) -> str:
    return settings.transformer.split("_")[1] if isinstance(settings, DepthAnythingSettings) else ""


def _second_licence(settings: ModelSettings) -> str:
    return "Apache-2.0" if _size_of(settings) == "small" else NON_COMMERCIAL


def _last_four(settings: DepthAnythingSettings) -> dict[str, list[int]]:
    """What V1 reads; the last block that V2 reads is the last of all."""
    return {"taps": list(range(settings.taps[-1] - 3, settings.taps[-1] + 1))}


METRIC = {"head": "sigmoid_depth", "ambiguity": "metric"}
VARIANTS = {
    "depth_anything_v1": Variant(
        "Depth Anything V1, relative disparity", _last_four, "Apache-2.0", r"depth_anything_vit[sbl]14"
    ),
    "depth_anything_v2": Variant(
        "Depth Anything V2, relative disparity", {}, _second_licence, r"depth_anything_v2_vit[sbl]"
    ),
    "depth_anything_v2_indoor": Variant(
        "Depth Anything V2, metres up to 20 (Hypersim)",
        {**METRIC, "max_depth": 20.0},
        _second_licence,
        r"depth_anything_v2_metric_hypersim_vit[sbl]",
    ),
    "depth_anything_v2_outdoor": Variant(
        "Depth Anything V2, metres up to 80 (Virtual KITTI)",
        {**METRIC, "max_depth": 80.0},
        _second_licence,
        r"depth_anything_v2_metric_vkitti_vit[sbl]",
    ),
}
PUBLISHED = PublishedWeights(TITLE, (), recognise, settings, convert, VARIANTS)
