"""Files as Depth Anything publishes them, made of a network of transformers: a second implementation."""

import re
from typing import Any

import torch
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor
from transformers import DepthAnythingConfig, DepthAnythingForDepthEstimation, Dinov2Config

from tests.models.adapters.huggingface_networks import seeded

V1, V2 = [9, 10, 11, 12], [3, 6, 9, 12]
"""Blocks that the decoder reads, counted from 1."""
BLOCK = {
    "norm1": "norm1",
    "norm2": "norm2",
    "attention.o_proj": "attn.proj",
    "layer_scale1": "ls1",
    "layer_scale2": "ls2",
    "mlp.fc1": "mlp.fc1",
    "mlp.fc2": "mlp.fc2",
}
UNITS = {"residual_layer1": "resConfUnit1", "residual_layer2": "resConfUnit2"}


def tiny_transformer(**keywords: Any) -> Any:
    """As the small one of DINOv2, but 24 channels wide; for timm's registry."""
    own = {"patch_size": 14, "img_size": 518, "embed_dim": 24, "depth": 12, "num_heads": 2, "init_values": 1e-5}
    taken = {key: keywords[key] for key in ("num_classes",) if key in keywords}
    return VisionTransformer(**{**own, "weight_init": "skip", **taken})


def tiny(taps: list[int], kind: str = "relative", max_depth: int = 1) -> Any:
    """A network with the decoder of the small size on it, with random weights."""
    backbone = Dinov2Config(
        hidden_size=24,
        num_attention_heads=2,
        image_size=518,
        patch_size=14,
        out_indices=taps,
        apply_layernorm=True,
        reshape_hidden_states=False,
    )
    config = DepthAnythingConfig(
        backbone_config=backbone,
        reassemble_hidden_size=24,
        neck_hidden_sizes=[6, 8, 12, 16],
        fusion_hidden_size=16,
        depth_estimation_type=kind,
        max_depth=max_depth,
    )
    network: Any = seeded(DepthAnythingForDepthEstimation(config))
    network.head.conv3.weight.data.mul_(0.02)  # values near 1
    for name, value in network.named_parameters():
        if "lambda1" in name:
            value.data.fill_(0.5)
        if name.endswith("position_embeddings"):
            value.data.mul_(20)
    return network


def published(network: Any) -> dict[str, Tensor]:
    """Its weights under the published names (shared checkpoints.md 6)."""
    weights: dict[str, Tensor] = {}
    given = network.state_dict()
    for key, value in given.items():
        name = _name(key)
        if name is not None:
            weights[name] = value
    for index in range(network.config.backbone_config.num_hidden_layers):
        for kind in ("weight", "bias"):
            parts = [given[f"backbone.encoder.layer.{index}.attention.{part}_proj.{kind}"] for part in ("q", "k", "v")]
            weights[f"pretrained.blocks.{index}.attn.qkv.{kind}"] = torch.cat(parts)
    return weights


def scratch_name(key: str) -> str | None:
    """Published name of a weight of the fusions, which DPT has, too; None for others."""
    if match := re.fullmatch(r"neck\.convs\.(\d)\.(\w+)", key):
        return f"scratch.layer{int(match[1]) + 1}_rn.{match[2]}"
    if match := re.fullmatch(r"neck\.fusion_stage\.layers\.(\d)\.projection\.(\w+)", key):
        return f"scratch.refinenet{4 - int(match[1])}.out_conv.{match[2]}"
    if match := re.fullmatch(r"neck\.fusion_stage\.layers\.(\d)\.(\w+)\.convolution(\d)\.(\w+)", key):
        return f"scratch.refinenet{4 - int(match[1])}.{UNITS[match[2]]}.conv{match[3]}.{match[4]}"
    return None


def embedding_name(name: str) -> str:
    """timm's name of an embedding of transformers."""
    return name.replace("position_embeddings", "pos_embed").replace("patch_embeddings.projection", "patch_embed.proj")


def _name(key: str) -> str | None:
    if match := re.fullmatch(r"backbone\.encoder\.layer\.(\d+)\.(.+)\.(\w+)", key):
        if match[2] in ("attention.q_proj", "attention.k_proj", "attention.v_proj"):
            return None
        kind = "gamma" if match[3] == "lambda1" else match[3]
        return f"pretrained.blocks.{match[1]}.{BLOCK[match[2]]}.{kind}"
    if match := re.fullmatch(r"backbone\.embeddings\.(.+)", key):
        return f"pretrained.{embedding_name(match[1])}"
    if match := re.fullmatch(r"backbone\.layernorm\.(\w+)", key):
        return f"pretrained.norm.{match[1]}"
    if match := re.fullmatch(r"neck\.reassemble_stage\.layers\.(\d)\.(projection|resize)\.(\w+)", key):
        return f"depth_head.{'projects' if match[2] == 'projection' else 'resize_layers'}.{match[1]}.{match[3]}"
    if scratch := scratch_name(key):
        return f"depth_head.{scratch}"
    match = re.fullmatch(r"head\.conv(\d)\.(\w+)", key)
    assert match, key
    return f"depth_head.scratch.{('output_conv1', 'output_conv2.0', 'output_conv2.2')[int(match[1]) - 1]}.{match[2]}"
