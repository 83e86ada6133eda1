"""Encoder and decoder of each Hugging Face family: its own forward pass, cut behind the backbone.

decode(encode(image)) is exactly the network's own `predicted_depth` (B,H,W).
"""

from typing import Any

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
    if config.is_hybrid:
        _check_hybrid(config, image)
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


def _check_hybrid(config: Any, image: Tensor) -> None:
    size = config.image_size
    size = (size, size) if isinstance(size, int) else tuple(size)
    if tuple(image.shape[-2:]) != size:
        found = f"{image.shape[-2]}x{image.shape[-1]}"
        raise InputError(f"DPT hybrid takes images of {size[0]}x{size[1]} px only, not {found}; resize them before")


def _grid(size: Size, patch: int) -> Size:
    """Rows and columns of the patches."""
    return size[0] // patch, size[1] // patch
