"""Files as DPT publishes them, made of a network of transformers: a second implementation."""

import re
from typing import Any

import timm
import torch
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor
from transformers import DPTConfig, DPTForDepthEstimation

from tests.models.adapters.huggingface_networks import seeded
from tests.models.families.depth_anything_files import embedding_name, scratch_name

LAYER = {
    "layernorm_before": "norm1",
    "layernorm_after": "norm2",
    "attention.output.dense": "attn.proj",
    "attention.o_proj": "attn.proj",
    "intermediate.dense": "mlp.fc1",
    "mlp.fc1": "mlp.fc1",
    "output.dense": "mlp.fc2",
    "mlp.fc2": "mlp.fc2",
}
QUERY_KEY_VALUE = re.compile(
    r"dpt\.encoder\.layer\.(\d+)\.attention\.(?:attention\.)?(query|key|value|[qkv]_proj)\.(\w+)"
)


def tiny_transformer(**keywords: Any) -> Any:
    """A narrow transformer of twelve blocks, for timm's registry."""
    taken = {key: keywords[key] for key in ("num_classes",) if key in keywords}
    own: dict[str, Any] = {"patch_size": 16, "img_size": 384, "embed_dim": 24, "depth": 12, "num_heads": 2}
    return VisionTransformer(**{**own, "weight_init": "skip", **taken})


def tiny_hybrid(**keywords: Any) -> Any:
    """Two narrow blocks on the ResNet of the published hybrid, for timm's registry."""
    return timm.create_model("vit_base_r50_s16_384", num_classes=0, depth=2, embed_dim=32, num_heads=2)


def tiny() -> Any:
    """DPT as the base size is, but narrow, with random weights."""
    config = DPTConfig(
        hidden_size=24,
        num_hidden_layers=12,
        num_attention_heads=2,
        intermediate_size=96,
        image_size=384,
        patch_size=16,
        backbone_out_indices=[2, 5, 8, 11],
        neck_hidden_sizes=[6, 8, 12, 16],
        fusion_hidden_size=16,
        layer_norm_eps=1e-6,
    )
    network: Any = seeded(DPTForDepthEstimation(config))
    network.head.head[4].weight.data.mul_(0.02)  # values near 1
    network.head.head[4].bias.data.fill_(0.3)  # and above 0
    network.dpt.embeddings.position_embeddings.data.mul_(20)
    return network


def published(network: Any) -> dict[str, Tensor]:
    """Its weights under the published names (shared checkpoints.md 8)."""
    weights: dict[str, Tensor] = {}
    joined: dict[tuple[str, str], dict[str, Tensor]] = {}
    for key, value in network.state_dict().items():
        if match := QUERY_KEY_VALUE.fullmatch(key):
            joined.setdefault((match[1], match[3]), {})[match[2][0]] = value
        else:
            weights[_name(key)] = value
    for (block, kind), parts in joined.items():
        weights[f"pretrained.model.blocks.{block}.attn.qkv.{kind}"] = torch.cat([parts[one] for one in "qkv"])
    weights["pretrained.model.head.weight"] = torch.zeros(1000, 24)
    return weights


def _name(key: str) -> str:
    if match := re.fullmatch(r"dpt\.encoder\.layer\.(\d+)\.(.+)\.(\w+)", key):
        return f"pretrained.model.blocks.{match[1]}.{LAYER[match[2]]}.{match[3]}"
    if match := re.fullmatch(r"dpt\.embeddings\.(.+)", key):
        return f"pretrained.model.{embedding_name(match[1])}"
    if match := re.fullmatch(r"dpt\.layernorm\.(\w+)", key):
        return f"pretrained.model.norm.{match[1]}"
    return decoder_name(key)


def decoder_name(key: str) -> str:
    """Published name of a weight behind the transformer."""
    if match := re.fullmatch(r"neck\.reassemble_stage\.readout_projects\.(\d)\.0\.(\w+)", key):
        return f"pretrained.act_postprocess{int(match[1]) + 1}.0.project.0.{match[2]}"
    if match := re.fullmatch(r"neck\.reassemble_stage\.layers\.(\d)\.(projection|resize)\.(\w+)", key):
        return f"pretrained.act_postprocess{int(match[1]) + 1}.{3 if match[2] == 'projection' else 4}.{match[3]}"
    if scratch := scratch_name(key):
        return scratch
    match = re.fullmatch(r"head\.head\.(\d)\.(\w+)", key)
    assert match, key
    return f"scratch.output_conv.{match[1]}.{match[2]}"
