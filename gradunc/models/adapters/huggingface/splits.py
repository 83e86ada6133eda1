"""Encoder and decoder of each Hugging Face family: its own forward pass, cut behind the backbone.

decode(encode(image)) is exactly the network's own `predicted_depth` (B,H,W), or of DepthPro the depth that follows.
"""

from typing import Any

import torch
from torch import Tensor

from gradunc.errors import InputError
from gradunc.types import Size


def backbone_type(config: Any) -> str | None:
    """The kind of backbone that a config names, for example "dinov2"; None for a network's own transformer."""
    return getattr(getattr(config, "backbone_config", None), "model_type", None)


def encode_backbone(network: Any, image: Tensor) -> tuple[Tensor, ...]:
    """Feature maps of the backbone: tokens (B,1+N,C), or maps."""
    return tuple(network.backbone(image).feature_maps)


def decode_depth_anything(network: Any, features: tuple[Tensor, ...], size: Size) -> Tensor:
    """Neck and head; the depth has the image's size."""
    grid = _grid(size, network.config.patch_size)
    return network.head(network.neck(list(features), *grid), *grid)


def dpt_multiple(config: Any) -> int:
    """Twice the patch: the coarsest of the four maps is half the grid, and the finest is 8 times that."""
    if backbone_type(config) == "swinv2":
        return 32
    return 2 * _dpt_patch(config)


def encode_dpt(network: Any, image: Tensor) -> tuple[Tensor, ...]:
    """Tokens (B,1+N,C) of four blocks; of a hybrid, two maps of its ResNet and the tokens of two blocks.

    Raises:
        InputError: a hybrid and an image of another size than it was made for, which it does not take.
    """
    if network.backbone is not None:
        return encode_backbone(network, image)
    config = network.config
    _check_only_size("DPT hybrid", hybrid_size(config), image)
    outputs = network.dpt(image, output_hidden_states=True)
    blocks, chosen = outputs.hidden_states[1:], config.backbone_out_indices
    first = outputs.intermediate_activations if config.is_hybrid else ()
    chosen = chosen[2:] if config.is_hybrid else chosen
    return (*first, *(tokens for i, tokens in enumerate(blocks) if i in chosen))


def decode_dpt(network: Any, features: tuple[Tensor, ...], size: Size) -> Tensor:
    """Neck and head.

    The grid is always handed over: without it the network's own forward pass takes every image for a square one.
    """
    return network.head(network.neck(list(features), *_grid(size, _dpt_patch(network.config))))


def decode_zoedepth(network: Any, features: tuple[Tensor, ...], size: Size) -> Tensor:
    """Neck, relative head and metric head: metres."""
    maps, bottleneck = network.neck(list(features), *_grid(size, network.patch_size))
    relative_depth, activation = network.relative_head(maps)
    depth, _domain = network.metric_head(
        outconv_activation=activation, bottleneck=bottleneck, feature_blocks=maps, relative_depth=relative_depth
    )
    return depth.squeeze(1)


def encode_glpn(network: Any, image: Tensor) -> tuple[Tensor, ...]:
    """Four maps at 1/4 to 1/32."""
    return tuple(network.glpn(image, output_hidden_states=True, return_dict=True).hidden_states)


def decode_glpn(network: Any, features: tuple[Tensor, ...], size: Size) -> Tensor:
    """Decoder and head: metres."""
    return network.head(network.decoder(list(features)))


DEPTH_PRO_INVERSE = (1e-4, 1e4)
"""Smallest and largest inverse depth [1/m]."""


def encode_depth_pro(network: Any, image: Tensor) -> tuple[tuple[Tensor, ...], Tensor | None]:
    """Five maps, and the horizontal field of view (B,) [degrees] if the network predicts it.

    Raises:
        InputError: an image of another size than the one whose patches fit together.
    """
    _check_only_size("DepthPro", depth_pro_size(network.config), image)
    maps = tuple(network.depth_pro(image, return_dict=True).features)
    return maps, network.fov_model(image, maps[0].detach()) if network.use_fov_model else None


def decode_depth_pro(network: Any, features: tuple[tuple[Tensor, ...], Tensor | None], size: Size) -> Tensor:
    """Depth (B,H,W), in metres if the field of view is known.

    The network predicts C = f / (w z) of a camera with focal length f and images of w pixels, both unknown; w / f is
    2 tan(fov / 2). The bounds of the inverse depth are those of its image processor.
    """
    maps, view = features
    inverse = network.head(network.fusion_stage(list(maps))[-1])
    if view is not None:
        inverse = inverse * (2 * torch.tan(torch.deg2rad(view) / 2))[:, None, None]
    return 1 / inverse.clamp(*DEPTH_PRO_INVERSE)


def depth_pro_size(config: Any) -> Size:
    """The square of which the smallest of the scaled images is one patch."""
    side = round(config.patch_size / min(config.scaled_images_ratios))
    return side, side


def depth_pro_layer(network: Any) -> str:
    """The last fusion before the one at half of the resolution, before it is upsampled: at 1/4."""
    return f"fusion_stage.intermediate.{len(network.fusion_stage.intermediate) - 1}.residual_layer2"


def neck_layer(network: Any) -> str:
    """The last residual unit of the fusion block that the head reads, before it is upsampled: 4 times the grid."""
    blocks = len(network.neck.fusion_stage.layers)
    return f"neck.fusion_stage.layers.{range(blocks)[network.config.head_in_index]}.residual_layer2"


def glpn_layer(network: Any) -> str:
    """The last selective fusion, before it is upsampled: at 1/4."""
    return f"decoder.stages.{len(network.decoder.stages) - 1}.fusion"


def _dpt_patch(config: Any) -> int:
    backbone: Any = None if config.is_hybrid else config.backbone_config
    patch = (backbone or config).patch_size
    return int(patch if isinstance(patch, int) else patch[0])


def hybrid_size(config: Any) -> Size | None:
    """The only size that a hybrid of ResNet and transformer takes; None for every other DPT."""
    if not config.is_hybrid:
        return None
    size = config.image_size
    return (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))


def _check_only_size(title: str, size: Size | None, image: Tensor) -> None:
    if size is not None and tuple(image.shape[-2:]) != size:
        found = f"{image.shape[-2]}x{image.shape[-1]}"
        raise InputError(f"{title} takes images of {size[0]}x{size[1]} px only, not {found}; resize them before")


def _grid(size: Size, patch: int) -> Size:
    """Rows and columns of the patches."""
    return size[0] // patch, size[1] // patch
