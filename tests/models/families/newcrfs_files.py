"""Files as NeWCRFs publishes them, and what such a network predicts: a second implementation, in loops."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from tests.models import swin_files
from tests.models.parts import naive_windows as naive

WIDTH, HEADS = 4, 2
MEAN, STD = (torch.tensor(one).view(1, 3, 1, 1) for one in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))


def shapes(
    widths: Sequence[int] = swin_files.WIDTHS, width: int = WIDTH, heads: int = HEADS
) -> dict[str, tuple[int, ...]]:
    """Of everything but the transformer (shared checkpoints.md 7, and the public program for those of `decoder`)."""
    found: dict[str, tuple[int, ...]] = {"disp_head1.conv1.weight": (1, width, 3, 3), "disp_head1.conv1.bias": (1,)}
    for level, given in enumerate(widths):
        own, stage = width * 2**level, f"crf{level}."
        found |= convolution(f"{stage}proj_x", (own, given, 3, 3)) | convolution(
            f"{stage}proj_v", (own, own // 2, 3, 3)
        )
        found |= {f"{stage}norm_crf.{kind}": (own,) for kind in ("weight", "bias")}
        for block in (f"{stage}crf_layer.blocks.{index}." for index in range(2)):
            found |= {f"{block}norm{i}.{kind}": (own,) for i in (1, 2) for kind in ("weight", "bias")}
            found[f"{block}attn.relative_position_bias_table"] = (169, heads * 2**level)
            found |= convolution(f"{block}attn.qk", (2 * own, own)) | convolution(f"{block}attn.proj", (own, own))
            found |= convolution(f"{block}mlp.fc1", (4 * own, own)) | convolution(f"{block}mlp.fc2", (own, 4 * own))
    return found | pooling(widths[-1], 4 * width)


def pooling(deepest: int, message: int) -> dict[str, tuple[int, ...]]:
    """Shapes of what both networks begin their decoders with."""
    found: dict[str, tuple[int, ...]] = {}
    for level in range(4):
        found[f"decoder.psp_modules.{level}.1.conv.weight"] = (message, deepest, 1, 1)
        found |= {f"decoder.psp_modules.{level}.1.gn.{kind}": (message,) for kind in ("weight", "bias")}
    found["decoder.bottleneck.conv.weight"] = (message, deepest + 4 * message, 3, 3)
    kinds = ("weight", "bias", "running_mean", "running_var")
    return found | {f"decoder.bottleneck.bn.{kind}": (message,) for kind in kinds}


def convolution(name: str, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": shape, f"{name}.bias": shape[:1]}


def published(backbone: Any, decoder: Mapping[str, tuple[int, ...]]) -> dict[str, Tensor]:
    """Random weights beside those of the transformer, float64."""
    generator = torch.Generator().manual_seed(0)
    weights = {f"backbone.{key}": value for key, value in swin_files.original(backbone).items()}
    for key, shape in decoder.items():
        value = torch.randn(shape, generator=generator, dtype=torch.float64)
        fan = max(1, value[0].numel())
        scaled = value if "table" in key else value * (2 / fan) ** 0.5
        weights[key] = value.abs() + 0.5 if "running_var" in key else scaled if len(shape) > 1 else 1 + 0.2 * value
        if "table" in key:
            weights[key.replace("bias_table", "index")] = torch.zeros(49, 49, dtype=torch.long)
    weights["decoder.bottleneck.bn.num_batches_tracked"] = torch.tensor(7)
    return weights


def checkpoint(weights: dict[str, Tensor]) -> dict[str, Any]:
    """What the public training program saves."""
    state = {0: {"step": 3, "exp_avg": torch.zeros(2), "exp_avg_sq": torch.zeros(2)}}
    return {
        "global_step": 20000,
        "model": {
            f"module.{key}": value.float() if value.is_floating_point() else value for key, value in weights.items()
        },
        "optimizer": {"state": state, "param_groups": [{"lr": 1e-4, "params": [0]}]},
        "best_eval_measures_higher_better": torch.zeros(3),
        "best_eval_measures_lower_better": torch.full((6,), 1e3),
        "best_eval_steps": np.zeros(9, dtype=np.int32),
    }


def predicted(backbone: Any, weights: dict[str, Tensor], image: Tensor, max_depth: float) -> Tensor:
    """Depth (1,1,H,W) of an image (1,3,H,W) whose sides are multiples of 32."""
    with torch.no_grad():
        maps = backbone((image - MEAN).double() / STD.double()).feature_maps
        message = pooled(weights, maps[3])
        for level in (3, 2, 1, 0):
            message = stage(weights, f"crf{level}.", maps[level], message, HEADS * 2**level)
            message = F.pixel_shuffle(message, 2) if level else message
        logit = convolved(weights, "disp_head1.conv1", message)
        return max_depth * F.interpolate(logit.sigmoid(), scale_factor=4, mode="bilinear")


def convolved(weights: dict[str, Tensor], name: str, x: Tensor) -> Tensor:
    weight = weights[f"{name}.weight"]
    return F.conv2d(x, weight, weights.get(f"{name}.bias"), padding=weight.shape[-1] // 2)


def pooled(weights: dict[str, Tensor], x: Tensor) -> Tensor:
    parts = [x]
    for level, side in enumerate((1, 2, 3, 6)):
        name = f"decoder.psp_modules.{level}.1"
        mixed = convolved(weights, f"{name}.conv", F.adaptive_avg_pool2d(x, side))
        normal = F.group_norm(mixed, mixed.shape[1] // 2, weights[f"{name}.gn.weight"], weights[f"{name}.gn.bias"])
        parts.append(F.interpolate(normal.relu(), x.shape[-2:], mode="bilinear"))
    joined = convolved(weights, "decoder.bottleneck.conv", torch.cat(parts, 1))
    norm = [weights[f"decoder.bottleneck.bn.{kind}"] for kind in ("running_mean", "running_var", "weight", "bias")]
    return F.batch_norm(joined, *norm).relu()


def stage(weights: dict[str, Tensor], name: str, features: Tensor, message: Tensor, heads: int) -> Tensor:
    x = convolved(weights, f"{name}proj_x", features)[0].permute(1, 2, 0)
    value = convolved(weights, f"{name}proj_v", message)[0].permute(1, 2, 0)
    for index, shift in enumerate((0, 3)):
        block = f"{name}crf_layer.blocks.{index}."
        query, key = linear(weights, f"{block}attn.qk", naive.padded(normed(weights, f"{block}norm1", x))).chunk(2, -1)
        table = weights[f"{block}attn.relative_position_bias_table"]
        assert table.shape[1] == heads
        mixed = naive.attention(query, key, naive.padded(value), table, shift)[: x.shape[0], : x.shape[1]]
        x = x + linear(weights, f"{block}attn.proj", mixed)
        inside = F.gelu(linear(weights, f"{block}mlp.fc1", normed(weights, f"{block}norm2", x)))
        x = x + linear(weights, f"{block}mlp.fc2", inside)
    return normed(weights, f"{name}norm_crf", x).permute(2, 0, 1)[None]


def linear(weights: dict[str, Tensor], name: str, x: Tensor) -> Tensor:
    return F.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])


def normed(weights: dict[str, Tensor], name: str, x: Tensor) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], weights[f"{name}.weight"], weights[f"{name}.bias"])
