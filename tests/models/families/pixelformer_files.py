"""Files as PixelFormer publishes them, and what such a network predicts: a second implementation, in loops."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from tests.models import swin_files
from tests.models.families.newcrfs_files import MEAN, STD, convolution, convolved, linear, normed, pooled, pooling
from tests.models.parts import naive_windows as naive

WIDTH, HEADS, BINS = 4, 2, 6


def shapes(
    widths: Sequence[int] = swin_files.WIDTHS, width: int = WIDTH, heads: int = HEADS, bins: int = BINS
) -> dict[str, tuple[int, ...]]:
    """Of everything but the transformer (shared checkpoints.md 7; the public program for the rest)."""
    found: dict[str, tuple[int, ...]] = convolution("disp_head1.conv1", (bins, width, 3, 3))
    found |= convolution("bcp.fc1", (16 * width, 4 * width)) | convolution("bcp.fc2", (bins, 16 * width))
    for level, given in enumerate(widths):
        own, stage = width * 2**level, f"sam{level + 1}."
        found |= convolution(f"{stage}proj_e", (own, given, 3, 3)) | convolution(f"{stage}proj", (own, own, 3, 3))
        found |= convolution(f"{stage}proj_q", (own, own // 2, 3, 3))
        norms = ("norm_sam", "sam_block.norm1", "sam_block.normv", "sam_block.norm2")
        found |= {f"{stage}{norm}.{kind}": (own,) for norm in norms for kind in ("weight", "bias")}
        block = f"{stage}sam_block."
        found[f"{block}attn.relative_position_bias_table"] = (169, heads * 2**level)
        found |= convolution(f"{block}attn.q", (own, own)) | convolution(f"{block}attn.kv", (2 * own, own))
        found |= convolution(f"{block}attn.proj", (own, own))
        found |= convolution(f"{block}mlp.fc1", (4 * own, own)) | convolution(f"{block}mlp.fc2", (own, 4 * own))
    return found | pooling(widths[-1], 4 * width)


def predicted(backbone: Any, weights: dict[str, Tensor], image: Tensor, max_depth: float) -> Tensor:
    """Depth (1,1,H,W) of an image (1,3,H,W) whose sides are multiples of 32."""
    with torch.no_grad():
        maps = backbone((image - MEAN).double() / STD.double()).feature_maps
        x = start = pooled(weights, maps[3])
        for level in (3, 2, 1, 0):
            x = stage(weights, f"sam{level + 1}.", maps[level], x)
            x = F.pixel_shuffle(x, 2) if level else x
        hidden = F.gelu(linear(weights, "bcp.fc1", start[0].mean((1, 2))))
        widths = (max_depth - 0.1) * linear(weights, "bcp.fc2", hidden).softmax(0)
        centres = [0.1 + float(widths[:k].sum() + widths[k] / 2) for k in range(len(widths))]
        shares = convolved(weights, "disp_head1.conv1", x).softmax(1)
        depth = sum((shares[:, k : k + 1] * centre for k, centre in enumerate(centres)), torch.zeros(()))
        return F.interpolate(depth, scale_factor=4, mode="bilinear")


def stage(weights: dict[str, Tensor], name: str, features: Tensor, coarser: Tensor) -> Tensor:
    skip, query = convolved(weights, f"{name}proj_e", features), convolved(weights, f"{name}proj_q", coarser)
    block, x, y = f"{name}sam_block.", query[0].permute(1, 2, 0), skip[0].permute(1, 2, 0)
    asked = linear(weights, f"{block}attn.q", naive.padded(normed(weights, f"{block}norm1", x)))
    answers = linear(weights, f"{block}attn.kv", naive.padded(normed(weights, f"{block}normv", y)))
    table = weights[f"{block}attn.relative_position_bias_table"]
    mixed = naive.attention(asked, *answers.chunk(2, -1), table, 0)[: x.shape[0], : x.shape[1]]
    x = x + linear(weights, f"{block}attn.proj", mixed)
    x = x + linear(
        weights, f"{block}mlp.fc2", F.gelu(linear(weights, f"{block}mlp.fc1", normed(weights, f"{block}norm2", x)))
    )
    return normed(weights, f"{name}norm_sam", x).permute(2, 0, 1)[None] + skip + query
