"""A tiny Swin transformer: of timm, of transformers, and under the names of the original program."""

import re
from typing import Any

import torch
from timm.models.swin_transformer import SwinTransformer
from torch import Tensor
from transformers import SwinBackbone, SwinConfig

from tests.models.adapters.huggingface_networks import STAGES, seeded

NAME = "swin_nano_patch4_window7_224"
WIDTHS = (8, 16, 32, 64)
SHAPE: dict[str, Any] = {"embed_dim": 8, "depths": [2, 2, 1, 1], "num_heads": [2, 2, 4, 4], "window_size": 7}
KEY = (8, 1)
"""Of the sizes that `parts/swin_names.py` knows: its width, and the blocks of its third stage."""
RULES = (
    (r"swin\.embeddings\.patch_embeddings\.projection", "patch_embed.proj"),
    (r"swin\.embeddings\.norm", "patch_embed.norm"),
    (r"swin\.encoder\.", ""),
    (r"attention\.o_proj", "attn.proj"),
    (r"attention\.relative_position_bias\.", "attn."),
    (r"layernorm_before", "norm1"),
    (r"layernorm_after", "norm2"),
)


def tiny_swin(**keywords: Any) -> Any:
    """For timm's registry."""
    taken = {key: keywords[key] for key in ("num_classes", "always_partition", "strict_img_size") if key in keywords}
    return SwinTransformer(**SHAPE, **taken)


def backbone() -> Any:
    """That of transformers, with random weights, float64."""
    config = SwinConfig(image_size=224, patch_size=4, out_features=STAGES, **SHAPE)
    network: Any = seeded(SwinBackbone(config)).double()
    for parameter in network.parameters():
        if parameter.ndim == 1:
            parameter.data += 0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1))
    return network


def original(network: Any) -> dict[str, Tensor]:
    """The weights of `backbone` under the names of the original program."""
    given, weights = network.state_dict(), {}
    for key, value in given.items():
        if key.startswith("swin.layernorm") or re.search(r"attention\.[kv]_proj", key):
            continue
        if match := re.fullmatch(r"hidden_states_norms\.stage(\d)\.(\w+)", key):
            weights[f"norm{int(match[1]) - 1}.{match[2]}"] = value
        elif "attention.q_proj" in key:
            parts = [given[key.replace("q_proj", f"{part}_proj")] for part in "qkv"]
            weights[re.sub(RULES[2][0], "", key).replace("attention.q_proj", "attn.qkv")] = torch.cat(parts)
        else:
            for pattern, name in RULES:
                key = re.sub(pattern, name, key)
            weights[key] = value
            if key.endswith("relative_position_bias_table"):
                weights[key.replace("bias_table", "index")] = torch.zeros(49, 49, dtype=torch.long)
    return weights
