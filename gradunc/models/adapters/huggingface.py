"""The depth networks of Hugging Face transformers, which is not imported here: they are told by their class."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from torch import nn

from gradunc.errors import InputError
from gradunc.models.adapters import families
from gradunc.models.adapters.any_module import adapt
from gradunc.models.adapters.model import AdaptedModel, Decode, Forward
from gradunc.ops.wrappers import bare
from gradunc.types import OutputSpace

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
HALF = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
UNCHANGED = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))

RELATIVE = OutputSpace("disparity", "affine")
METRIC = OutputSpace("depth", "metric")


class Family(NamedTuple):
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


FAMILIES = {
    "DepthAnythingForDepthEstimation": Family(
        lambda config: IMAGENET,
        lambda config: int(config.patch_size),
        lambda config: METRIC if config.depth_estimation_type == "metric" else RELATIVE,
        families.encode_backbone,
        families.decode_depth_anything,
        families.neck_layer,
    ),
    "DPTForDepthEstimation": Family(
        lambda config: IMAGENET if families.backbone_type(config) == "dinov2" else HALF,
        families.dpt_multiple,
        # MiDaS' networks are relative; those on DINOv2 were trained on NYU or KITTI depth, which no config says.
        lambda config: None if families.backbone_type(config) == "dinov2" else RELATIVE,
        families.encode_dpt,
        families.decode_dpt,
        families.neck_layer,
    ),
    "ZoeDepthForDepthEstimation": Family(
        lambda config: HALF,
        lambda config: 32,
        lambda config: METRIC,
        families.encode_backbone,
        families.decode_zoedepth,
        families.neck_layer,
    ),
    "GLPNForDepthEstimation": Family(
        lambda config: UNCHANGED,
        lambda config: 32,
        lambda config: METRIC,
        families.encode_glpn,
        families.decode_glpn,
        families.glpn_layer,
    ),
}


def adapt_huggingface(
    model: nn.Module,
    *,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    output_space: OutputSpace | None = None,
    size: tuple[int, int] | None = None,
) -> AdaptedModel:
    """Make a depth model of a Hugging Face network: DepthAnything (1, 2; relative, metric), DPT, ZoeDepth or GLPN.

    The result is what the network predicts of the image as it is, normalised like its image processor does and padded
    to what the network needs: resize images before, as these processors do. Feature references run the backbone once.
    A ZoeDepth of two heads lets the images of a batch vote for one of them.

    Args:
        model: `AutoModelForDepthEstimation.from_pretrained(...)`.
        mean: of the input; default: that of the family's published networks (`image_mean` of its image processor).
        std: likewise.
        output_space: default: relative disparity or metric depth, as the config says.
        size: height and width [px] of typical images; see `adapt`.

    Raises:
        InputError: another network, or a DPT on DINOv2 without `output_space`.
    """
    network = bare(model)
    names = [kind.__name__ for kind in type(network).__mro__]
    family = next((FAMILIES[name] for name in names if name in FAMILIES), None)
    if family is None:
        raise InputError(
            f"{type(network).__name__} is none of {', '.join(FAMILIES)}; make a depth model of it with gradunc.adapt"
        )
    config: Any = network.config
    space = output_space or family.output_space(config)
    if space is None:
        raise InputError(
            f"the config of {type(network).__name__} on DINOv2 does not say what it predicts; give output_space="
            "OutputSpace('depth', 'metric') for networks trained on depth in metres"
        )
    default_mean, default_std = family.normalization(config)
    return adapt(
        model,
        lambda depth: depth,
        space,
        mean=mean or default_mean,
        std=std or default_std,
        multiple=family.multiple(config),
        size=size,
        encode=family.encode,
        decode=family.decode,
        auto_layer=family.auto_layer(network),
    )
