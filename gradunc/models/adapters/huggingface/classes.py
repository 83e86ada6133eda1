"""The depth networks of Hugging Face transformers by class name; the library is not imported here."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from torch import nn

from gradunc.models.adapters.huggingface import splits
from gradunc.models.adapters.model import Decode, Forward, Limits
from gradunc.types import OutputSpace, Size

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
HALF = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
UNCHANGED = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))

RELATIVE = OutputSpace("disparity", "affine")
METRIC = OutputSpace("depth", "metric")
CANONICAL = OutputSpace("depth", "scale")
"""Depth of a camera whose field of view nobody knows."""
SHIFTED = OutputSpace("depth", "affine")

SUFFIX = "ForDepthEstimation"


class NetworkClass(NamedTuple):
    """What has to be known of a class of networks: that of their image processors, and how to split them."""

    normalization: Callable[[Any], tuple[Sequence[float], Sequence[float]]]
    """Config -> mean, std."""
    multiple: Callable[[Any], int]
    """Config -> size multiple whose output covers the image exactly."""
    output_space: Callable[[Any], OutputSpace | None]
    """Config -> what the numbers mean; None = the config does not say."""
    encode: Forward
    decode: Decode
    auto_layer: Callable[[Any], str]
    """Network -> where the decoder's features are complete at about a quarter of the image's resolution."""
    backbone: Callable[[Any], str]
    """Network -> name of its encoder."""
    size: Callable[[Any], Size | None] = lambda config: None
    """Config -> the only (height, width) that the network takes; None = any."""
    limits: Limits | None = None
    """What its output is clipped to; None = 0 of disparity."""


CLASSES = {
    "DepthAnythingForDepthEstimation": NetworkClass(
        lambda config: IMAGENET,
        lambda config: int(config.patch_size),
        lambda config: METRIC if config.depth_estimation_type == "metric" else RELATIVE,
        splits.encode_backbone,
        splits.decode_depth_anything,
        splits.neck_layer,
        lambda network: "backbone",
    ),
    "DPTForDepthEstimation": NetworkClass(
        lambda config: IMAGENET if splits.backbone_type(config) == "dinov2" else HALF,
        splits.dpt_multiple,
        # MiDaS' networks are relative; those on DINOv2 were trained on NYU or KITTI depth, which no config says.
        lambda config: None if splits.backbone_type(config) == "dinov2" else RELATIVE,
        splits.encode_dpt,
        splits.decode_dpt,
        splits.neck_layer,
        lambda network: "dpt" if network.backbone is None else "backbone",
        splits.hybrid_size,
        limits=(0.0, None),
    ),
    "ZoeDepthForDepthEstimation": NetworkClass(
        lambda config: HALF,
        lambda config: 32,
        lambda config: METRIC,
        splits.encode_backbone,
        splits.decode_zoedepth,
        splits.neck_layer,
        lambda network: "backbone",
    ),
    "GLPNForDepthEstimation": NetworkClass(
        lambda config: UNCHANGED,
        lambda config: 32,
        lambda config: METRIC,
        splits.encode_glpn,
        splits.decode_glpn,
        splits.glpn_layer,
        lambda network: "glpn",
    ),
    "DepthProForDepthEstimation": NetworkClass(
        lambda config: HALF,
        lambda config: 1,
        lambda config: METRIC if config.use_fov_model else CANONICAL,
        splits.encode_depth_pro,
        splits.decode_depth_pro,
        splits.depth_pro_layer,
        lambda network: "depth_pro",
        splits.depth_pro_size,
        limits=(1 / splits.DEPTH_PRO_INVERSE[1], 1 / splits.DEPTH_PRO_INVERSE[0]),
    ),
    # Without its prompt, a depth in metres, it predicts the depth that it would shift and scale by it.
    "PromptDepthAnythingForDepthEstimation": NetworkClass(
        lambda config: IMAGENET,
        lambda config: int(config.patch_size),
        lambda config: SHIFTED,
        splits.encode_backbone,
        splits.decode_depth_anything,
        splits.neck_layer,
        lambda network: "backbone",
        limits=(0.0, None),
    ),
}


def class_name(network: nn.Module) -> str | None:
    """The name under which a network or one of its base classes is known, None for others.

    Names of transformers that are in no table here are known, too: `generic.py` adapts them.
    """
    kinds = [(kind.__name__, kind.__module__) for kind in type(network).__mro__]
    own = [name for name, _ in kinds if name in CLASSES]
    others = [name for name, module in kinds if module.startswith("transformers.") and is_depth_class(name)]
    return next(iter([*own, *others]), None)


def is_depth_class(name: str | None) -> bool:
    """Whether a class of transformers predicts depth, by its name.

    >>> is_depth_class("GLPNForDepthEstimation"), is_depth_class("GLPNModel"), is_depth_class(None)
    (True, False, False)
    """
    return name is not None and name.isidentifier() and name.endswith(SUFFIX)
