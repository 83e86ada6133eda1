"""Files as AdaBins publishes them, and what such a network predicts: a second implementation, of formulas and loops."""

import math
from functools import partial
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from timm.models._efficientnet_builder import decode_arch_def
from timm.models.efficientnet import _create_effnet
from torch import Tensor

from tests.models.families.newcrfs_files import MEAN, STD, convolution, linear, normed

NAME = "tf_efficientnet_nano"
ARCHITECTURE = [
    ["ds_r1_k3_s1_e1_c8_se0.25"],
    ["ir_r2_k3_s2_e2_c16_se0.25"],
    ["ir_r1_k5_s2_e2_c24_se0.25"],
    ["ir_r1_k3_s2_e2_c16_se0.25"],
    ["ir_r1_k5_s1_e2_c24_se0.25"],
    ["ir_r2_k5_s2_e2_c16_se0.25"],
    ["ir_r1_k3_s1_e2_c32_se0.25"],
]
"""Kinds, kernels, strides and channels of the seven stages, in the order of an EfficientNet."""
STRIDES = (1, 2, 2, 2, 1, 2, 1)
STEM = 8
KEY = (STEM, 32)
"""Of the backbones that the family knows."""
SKIPS = (24, 24, 16, 8)
"""Channels of the maps at 1/16 to 1/2: behind stages 4, 2, 1 and 0."""
WIDTH, BINS, HEADS, LAYERS, PLACES = 8, 6, 4, 4, 500
PATCH = 16


def tiny_efficientnet(pretrained: bool = False, **keywords: Any) -> Any:
    """For timm's registry: as a `tf_efficientnet`, only narrower."""
    kept = {key: keywords[key] for key in ("features_only", "in_chans", "out_indices") if key in keywords}
    return _create_effnet(
        "tf_efficientnet_b0",
        False,
        block_args=decode_arch_def(ARCHITECTURE),
        num_features=WIDTH * 16,
        stem_size=STEM,
        fix_stem=True,
        pad_type="same",
        act_layer=torch.nn.SiLU,
        norm_layer=partial(torch.nn.BatchNorm2d, eps=1e-3),
        **kept,
    )


def shapes(skips: tuple[int, ...] = SKIPS, width: int = WIDTH, bins: int = BINS) -> dict[str, tuple[int, ...]]:
    """Of everything but the encoder (shared checkpoints.md 7)."""
    deepest = 16 * width
    found = convolution("decoder.conv2", (deepest, deepest, 1, 1)) | convolution("decoder.conv3", (width, width, 3, 3))
    for index, skip in enumerate(skips, start=1):
        given, own, block = deepest // 2 ** (index - 1), deepest // 2**index, f"decoder.up{index}._net."
        found |= convolution(f"{block}0", (own, given + skip, 3, 3)) | convolution(f"{block}3", (own, own, 3, 3))
        kinds = ("weight", "bias", "running_mean", "running_var")
        found |= {f"{block}{norm}.{kind}": (own,) for norm in (1, 4) for kind in kinds}
    part = "adaptive_bins_layer."
    found |= convolution(f"{part}conv3x3", (width, width, 3, 3)) | convolution("conv_out.0", (bins, width, 1, 1))
    wide = 2 * width
    for index, shape in ((0, (wide, width)), (2, (wide, wide)), (4, (bins, wide))):
        found |= convolution(f"{part}regressor.{index}", shape)
    vit = f"{part}patch_transformer."
    found |= convolution(f"{vit}embedding_convPxP", (width, width, PATCH, PATCH))
    found[f"{vit}positional_encodings"] = (PLACES, width)
    for layer in (f"{vit}transformer_encoder.layers.{index}." for index in range(LAYERS)):
        found |= {
            f"{layer}self_attn.in_proj_weight": (3 * width, width),
            f"{layer}self_attn.in_proj_bias": (3 * width,),
        }
        found |= convolution(f"{layer}self_attn.out_proj", (width, width))
        found |= convolution(f"{layer}linear1", (8 * width, width)) | convolution(f"{layer}linear2", (width, 8 * width))
        found |= {f"{layer}norm{index}.{kind}": (width,) for index in (1, 2) for kind in ("weight", "bias")}
    return found


def published() -> dict[str, Tensor]:
    """Random weights of a narrow network under the published names, float64."""
    generator = torch.Generator().manual_seed(0)
    encoder = {key: tuple(one.shape) for key, one in tiny_efficientnet().state_dict().items()}
    kept = {f"encoder.original_model.{key}": shape for key, shape in encoder.items() if "classifier" not in key}
    weights: dict[str, Tensor] = {}
    for key, shape in (kept | shapes()).items():
        if "num_batches" in key:
            weights[key] = torch.tensor(7)
            continue
        value = torch.randn(shape, generator=generator, dtype=torch.float64)
        scaled = value * (2 / max(1, value[0].numel())) ** 0.5
        scaled = value if "positional" in key else scaled
        weights[key] = value.abs() + 0.5 if "running_var" in key else scaled if len(shape) > 1 else 1 + 0.2 * value
    return weights


def checkpoint(weights: dict[str, Tensor]) -> dict[str, Any]:
    """What the public training program saves."""
    state = {0: {"step": 3, "exp_avg": torch.zeros(2), "exp_avg_sq": torch.zeros(2)}}
    return {
        "model": {
            f"module.{key}": value.float() if value.is_floating_point() else value for key, value in weights.items()
        },
        "optimizer": {"state": state, "param_groups": [{"lr": 1e-4, "params": [0]}]},
        "epoch": 24,
    }


def predicted(weights: dict[str, Tensor], image: Tensor, max_depth: float) -> Tensor:
    """Depth (1,1,H,W) [m] of an image (1,3,H,W) whose sides are multiples of 32."""
    maps = encoded(weights, (image - MEAN).double() / STD.double())
    x = F.conv2d(F.pad(maps[-1], (1, 1, 1, 1)), weights["decoder.conv2.weight"], weights["decoder.conv2.bias"])
    for index, skip in enumerate(reversed(maps[:-1]), start=1):
        x = torch.cat([F.interpolate(x, skip.shape[-2:], mode="bilinear", align_corners=True), skip], 1)
        for conv, norm in ((0, 1), (3, 4)):
            x = convolved(weights, f"decoder.up{index}._net.{conv}", x)
            x = F.leaky_relu(batch_normed(weights, f"decoder.up{index}._net.{norm}", x, 1e-5), 0.01)
    x = convolved(weights, "decoder.conv3", x)
    tokens = transformed(weights, x)
    centres = bin_centres(weights, tokens[0], 1e-3, max_depth)
    ranges = convolved(weights, "adaptive_bins_layer.conv3x3", x)
    maps_of_ranges = torch.stack([(token.view(1, -1, 1, 1) * ranges).sum(1) for token in tokens[1 : 1 + WIDTH]], 1)
    shares = convolved(weights, "conv_out.0", maps_of_ranges).softmax(1)
    depth = sum((shares[:, k : k + 1] * centre for k, centre in enumerate(centres)), torch.zeros(()))
    return F.interpolate(depth, scale_factor=2, mode="bilinear", align_corners=True)


def bin_centres(weights: dict[str, Tensor], token: Tensor, low: float, high: float) -> list[float]:
    for index in (0, 2, 4):
        token = linear(weights, f"adaptive_bins_layer.regressor.{index}", token)
        token = F.leaky_relu(token, 0.01) if index < 4 else token
    widths = [max(float(one), 0.0) + 0.1 for one in token]
    edges = [low]
    for width in widths:
        edges.append(edges[-1] + (high - low) * width / sum(widths))
    return [(first + second) / 2 for first, second in pairwise(edges)]


def transformed(weights: dict[str, Tensor], x: Tensor) -> list[Tensor]:
    """A map (1,C,h,w) -> tokens (C), patch by patch, head by head."""
    vit = "adaptive_bins_layer.patch_transformer."
    kernel, bias = weights[f"{vit}embedding_convPxP.weight"], weights[f"{vit}embedding_convPxP.bias"]
    side, places = kernel.shape[-1], weights[f"{vit}positional_encodings"]
    tokens = []
    for row in range(0, x.shape[-2], side):
        for column in range(0, x.shape[-1], side):
            patch = x[0, :, row : row + side, column : column + side]
            tokens.append((kernel * patch).sum((1, 2, 3)) + bias + places[len(tokens)])
    for index in range(LAYERS):
        tokens = attended(weights, f"{vit}transformer_encoder.layers.{index}.", tokens)
    return tokens


def attended(weights: dict[str, Tensor], layer: str, tokens: list[Tensor]) -> list[Tensor]:
    """One layer, normalised behind each of its halves."""
    rows, offsets = weights[f"{layer}self_attn.in_proj_weight"], weights[f"{layer}self_attn.in_proj_bias"]
    width = len(tokens[0])
    asked, keys, values = (
        [rows[i * width : (i + 1) * width] @ token + offsets[i * width : (i + 1) * width] for token in tokens]
        for i in range(3)
    )
    found = []
    for token, query in zip(tokens, asked, strict=True):
        parts = []
        for head in range(HEADS):
            own = slice(head * width // HEADS, (head + 1) * width // HEADS)
            scores = torch.stack([(query[own] * key[own]).sum() / math.sqrt(width // HEADS) for key in keys])
            shares = scores.exp() / scores.exp().sum()
            parts.append(sum((s * value[own] for s, value in zip(shares, values, strict=True)), torch.zeros(())))
        mixed = linear(weights, f"{layer}self_attn.out_proj", torch.cat(parts))
        token = normed(weights, f"{layer}norm1", token + mixed)
        inside = linear(weights, f"{layer}linear1", token).clamp_min(0)
        found.append(normed(weights, f"{layer}norm2", token + linear(weights, f"{layer}linear2", inside)))
    return found


def encoded(weights: dict[str, Tensor], x: Tensor) -> list[Tensor]:
    """Maps behind stages 0, 1, 2 and 4, and of the convolution in front of the classifier (its norm left out)."""
    encoder = "encoder.original_model."
    x = F.silu(batch_normed(weights, f"{encoder}bn1", same(weights, f"{encoder}conv_stem", x, 2)))
    maps = []
    for stage, stride in enumerate(STRIDES):
        block = 0
        while f"{encoder}blocks.{stage}.{block}.conv_dw.weight" in weights:
            x = inverted(weights, f"{encoder}blocks.{stage}.{block}.", x, stride if block == 0 else 1)
            block += 1
        maps.append(x)
    return [maps[0], maps[1], maps[2], maps[4], same(weights, f"{encoder}conv_head", x, 1)]


def inverted(weights: dict[str, Tensor], block: str, x: Tensor, stride: int) -> Tensor:
    """Depthwise convolution and squeeze-and-excitation, between pointwise ones; the first block has only the last."""
    expanded = f"{block}conv_pwl.weight" in weights
    y, norm = x, 1
    if expanded:
        y, norm = F.silu(batch_normed(weights, f"{block}bn1", same(weights, f"{block}conv_pw", y, 1))), 2
    y = F.silu(batch_normed(weights, f"{block}bn{norm}", same(weights, f"{block}conv_dw", y, stride)))
    pooled = F.silu(same(weights, f"{block}se.conv_reduce", y.mean((2, 3), keepdim=True), 1))
    y = y * same(weights, f"{block}se.conv_expand", pooled, 1).sigmoid()
    y = batch_normed(weights, f"{block}bn{norm + 1}", same(weights, f"{block}conv_pw{'l' if expanded else ''}", y, 1))
    return x + y if stride == 1 and x.shape == y.shape else y


def same(weights: dict[str, Tensor], name: str, x: Tensor, stride: int) -> Tensor:
    """A convolution padded as TensorFlow does: as little as possible, the odd cell right and below."""
    weight = weights[f"{name}.weight"]
    side, groups = weight.shape[-1], x.shape[1] // weight.shape[1]
    pads = []
    for length in (x.shape[-1], x.shape[-2]):
        total = max((math.ceil(length / stride) - 1) * stride + side - length, 0)
        pads += [total // 2, total - total // 2]
    return F.conv2d(F.pad(x, pads), weight, weights.get(f"{name}.bias"), stride=stride, groups=groups)


def convolved(weights: dict[str, Tensor], name: str, x: Tensor) -> Tensor:
    weight = weights[f"{name}.weight"]
    return F.conv2d(x, weight, weights[f"{name}.bias"], padding=weight.shape[-1] // 2)


def batch_normed(weights: dict[str, Tensor], name: str, x: Tensor, eps: float = 1e-3) -> Tensor:
    mean, variance, gain, offset = (
        weights[f"{name}.{kind}"].view(1, -1, 1, 1) for kind in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / (variance + eps).sqrt() * gain + offset
