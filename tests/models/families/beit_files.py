"""Files as MiDaS 3.1 publishes those on a BEiT, made of a network of transformers: a second implementation."""

import re
from typing import Any

import torch
from timm.models.beit import Beit, gen_relative_position_index
from torch import Tensor
from transformers import BeitConfig, DPTConfig, DPTForDepthEstimation

from tests.models.adapters.huggingface_networks import seeded
from tests.models.families.depth_anything_files import embedding_name
from tests.models.families.dpt_files import LAYER, decoder_name

NAME = "beit_tiny"
BLOCKS = [2, 5, 8, 11]
"""Whose tokens the decoder sees, as of the base size."""
SIDE = 96
"""Of the images of its training [px]: six patches."""
NAMES = {"lambda_1": "gamma_1", "lambda_2": "gamma_2", "attention.q_proj.bias": "attn.q_bias"}
NAMES |= {"attention.v_proj.bias": "attn.v_bias"}


def tiny_transformer(**keywords: Any) -> Any:
    """A narrow BEiT of twelve blocks, for timm's registry."""
    taken = {key: keywords[key] for key in ("num_classes",) if key in keywords}
    own: dict[str, Any] = {"img_size": SIDE, "embed_dim": 24, "depth": 12, "num_heads": 2, "init_values": 0.1}
    return Beit(**{**own, "use_abs_pos_emb": False, "use_rel_pos_bias": True, **taken})


def tiny() -> Any:
    """DPT on a BEiT as the base size is, but narrow, with random weights."""
    options: dict[str, Any] = {"out_indices": [3, 6, 9, 12], "reshape_hidden_states": False}
    backbone = BeitConfig(
        hidden_size=24,
        num_hidden_layers=12,
        num_attention_heads=2,
        intermediate_size=96,
        image_size=SIDE,
        patch_size=16,
        layer_norm_eps=1e-6,
        use_relative_position_bias=True,
        **options,
    )
    config = DPTConfig(backbone_config=backbone, neck_hidden_sizes=[6, 8, 12, 16], fusion_hidden_size=16)
    network: Any = seeded(DPTForDepthEstimation(config))
    network.head.head[4].weight.data.mul_(0.02)  # values near 1
    network.head.head[4].bias.data.fill_(0.3)  # and above 0
    generator = torch.Generator().manual_seed(1)
    for name, value in network.named_parameters():
        if name.endswith(("lambda_1", "lambda_2", "q_proj.bias", "v_proj.bias", "position_bias_table")):
            # Tables that change the attention, away from their size, too.
            value.data = torch.randn(value.shape, generator=generator) * (2 if value.ndim == 2 else 0.5)
    return network


def published(network: Any) -> dict[str, Tensor]:
    """Its weights under the published names."""
    weights: dict[str, Tensor] = {}
    given = network.state_dict()
    for key, value in given.items():
        if not re.search(r"\.[qkv]_proj\.weight$", key):
            weights[_name(key)] = value
    for index in range(network.config.backbone_config.num_hidden_layers):
        block = f"pretrained.model.blocks.{index}.attn"
        parts = [given[f"backbone.beit.layers.{index}.attention.{part}_proj.weight"] for part in "qkv"]
        weights[f"{block}.qkv.weight"] = torch.cat(parts)
        weights[f"{block}.relative_position_index"] = gen_relative_position_index((SIDE // 16, SIDE // 16))
    for kind in ("fc_norm", "head"):
        weights[f"pretrained.model.{kind}.weight"] = torch.zeros(24)
    return weights


def _name(key: str) -> str:
    if match := re.fullmatch(r"backbone\.beit\.embeddings\.(.+)", key):
        return f"pretrained.model.{embedding_name(match[1])}"
    match = re.fullmatch(r"backbone\.beit\.layers\.(\d+)\.(.+)", key)
    if match is None:
        return decoder_name(key)
    block, inner = f"pretrained.model.blocks.{match[1]}", match[2]
    if inner in NAMES:
        return f"{block}.{NAMES[inner]}"
    if inner.startswith("relative_position_bias."):
        return f"{block}.attn.relative_position_bias_table"
    layer, _, kind = inner.rpartition(".")
    return f"{block}.{LAYER[layer]}.{kind}"
