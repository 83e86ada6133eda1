"""Files as Lite-Mono publishes them, with random weights, and what the networks compute from them.

The network here is torch functions on the published keys (shared checkpoints.md 5): a second source.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from tests.models.published import Weights, padded_conv

CHANNELS = {
    "lite-mono": (48, 80, 128),
    "lite-mono-small": (48, 80, 128),
    "lite-mono-tiny": (32, 64, 128),
    "lite-mono-8m": (64, 128, 224),
}
BLOCKS = {
    "lite-mono": (4, 4, 10),
    "lite-mono-small": (4, 4, 7),
    "lite-mono-tiny": (4, 4, 7),
    "lite-mono-8m": (4, 4, 10),
}
DILATIONS = {4: (1, 2, 3), 7: (1, 2, 3, 2, 4, 6), 10: (1, 2, 3, 1, 2, 3, 2, 4, 6)}


def encoder_shapes(variant: str) -> dict[str, tuple[int, ...]]:
    """Key -> shape, without the running statistics of the norms."""
    a, b, c = CHANNELS[variant]
    shapes: dict[str, tuple[int, ...]] = {
        "stem2.0.conv.weight": (a, a + 3, 3, 3),
        "downsample_layers.1.0.conv.weight": (b, 2 * a + 3, 3, 3),
        "downsample_layers.2.0.conv.weight": (c, 2 * b + 3, 3, 3),
    }
    for i in range(3):
        shapes[f"downsample_layers.0.{i}.conv.weight"] = (a, 3 if i == 0 else a, 3, 3)
        shapes |= dict.fromkeys((f"downsample_layers.0.{i}.bn_gelu.bn.{kind}" for kind in ("weight", "bias")), (a,))
    for i, (width, blocks) in enumerate(zip((a, b, c), BLOCKS[variant], strict=True)):
        for j in range(blocks):
            block = f"stages.{i}.{j}"
            shapes |= {f"{block}.gamma": (width,), f"{block}.norm.weight": (width,), f"{block}.norm.bias": (width,)}
            shapes |= {f"{block}.pwconv1.weight": (6 * width, width), f"{block}.pwconv1.bias": (6 * width,)}
            shapes |= {f"{block}.pwconv2.weight": (width, 6 * width), f"{block}.pwconv2.bias": (width,)}
            if j < blocks - 1:
                shapes |= {f"{block}.ddwconv.conv.weight": (width, 1, 3, 3)}
                shapes |= {f"{block}.bn1.weight": (width,), f"{block}.bn1.bias": (width,)}
                continue
            shapes |= {f"{block}.gamma_xca": (width,), f"{block}.xca.temperature": (8, 1, 1)}
            shapes |= {f"{block}.norm_xca.weight": (width,), f"{block}.norm_xca.bias": (width,)}
            shapes |= {f"{block}.xca.qkv.weight": (3 * width, width), f"{block}.xca.qkv.bias": (3 * width,)}
            shapes |= {f"{block}.xca.proj.weight": (width, width), f"{block}.xca.proj.bias": (width,)}
            if i == 0:
                shapes |= {f"{block}.pos_embd.token_projection.weight": (width, 64, 1, 1)}
                shapes |= {f"{block}.pos_embd.token_projection.bias": (width,)}
    return shapes


def decoder_shapes(variant: str) -> dict[str, tuple[int, ...]]:
    a, b, c = CHANNELS[variant]
    pairs = ((c, c // 2), (c // 2 + b, c // 2), (c // 2, b // 2), (b // 2 + a, b // 2), (b // 2, a // 2))
    shapes: dict[str, tuple[int, ...]] = {}
    for i, (wide, narrow) in enumerate((*pairs, (a // 2, a // 2))):
        shapes |= {f"decoder.{i}.conv.conv.weight": (narrow, wide, 3, 3), f"decoder.{i}.conv.conv.bias": (narrow,)}
    for i, width in enumerate((a, b, c)):
        shapes |= {f"decoder.{6 + i}.conv.weight": (1, width // 2, 3, 3), f"decoder.{6 + i}.conv.bias": (1,)}
    return shapes


def lite_mono_weights(variant: str = "lite-mono-tiny") -> tuple[Weights, Weights]:
    """Contents of encoder.pth and depth.pth, with the counts of operations that published files hold."""
    generator = torch.Generator().manual_seed(0)

    def drawn(shape: tuple[int, ...]) -> Tensor:
        inputs = math.prod(shape[1:])
        values = torch.randn(shape, generator=generator)
        return values * inputs**-0.5 if len(shape) > 1 and inputs > 1 else 0.5 + 0.2 * values

    encoder = {key: drawn(shape) for key, shape in encoder_shapes(variant).items()}
    for key in [key for key in encoder if key.endswith(("bn.weight", "bn1.weight"))]:
        norm, width = key.removesuffix("weight"), encoder[key].shape
        encoder[f"{norm}running_mean"] = 0.2 * torch.randn(width, generator=generator)
        encoder[f"{norm}running_var"] = 0.5 + torch.rand(width, generator=generator)
        encoder[f"{norm}num_batches_tracked"] = torch.tensor(7)
    for module in ("", "normalize.", "stages.0.0."):
        encoder |= {f"{module}total_ops": torch.zeros(1).double(), f"{module}total_params": torch.zeros(1).double()}
    return encoder, {key: drawn(shape) for key, shape in decoder_shapes(variant).items()}


def lite_mono_disparities(variant: str, encoder: Weights, decoder: Weights, image: Tensor) -> list[Tensor]:
    """Sigmoid disparity at 1/1, 1/2, 1/4."""

    def twice(x: Tensor) -> Tensor:
        return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)

    features = _features(variant, encoder, image)
    x, disparities = features[2], []
    for level in (2, 1, 0):
        x = twice(F.elu(padded_conv(decoder, f"decoder.{4 - 2 * level}.conv.conv", x)))
        x = torch.cat([x, features[level - 1]], 1) if level else x
        x = F.elu(padded_conv(decoder, f"decoder.{5 - 2 * level}.conv.conv", x))
        disparities.insert(0, torch.sigmoid(twice(padded_conv(decoder, f"decoder.{6 + level}.conv", x))))
    return disparities


def _features(variant: str, weights: Weights, image: Tensor) -> list[Tensor]:
    def norm(name: str, x: Tensor) -> Tensor:
        mean, var, scale, shift = (weights[f"{name}.{k}"] for k in ("running_mean", "running_var", "weight", "bias"))
        return F.batch_norm(x, mean, var, scale, shift)

    def down(name: str, x: Tensor) -> Tensor:
        return F.conv2d(x, weights[f"{name}.conv.weight"], stride=2, padding=1)

    pooled = x = (image - 0.45) / 0.225
    for i, stride in enumerate((2, 1, 1)):
        x = F.conv2d(x, weights[f"downsample_layers.0.{i}.conv.weight"], stride=stride, padding=1)
        x = F.gelu(norm(f"downsample_layers.0.{i}.bn_gelu.bn", x))
    pooled = F.avg_pool2d(pooled, 3, 2, 1)
    x, features = down("stem2.0", torch.cat([x, pooled], 1)), []
    for stage, blocks in enumerate(BLOCKS[variant]):
        entering = x
        for j, d in enumerate(DILATIONS[blocks]):
            name = f"stages.{stage}.{j}"
            kernel = weights[f"{name}.ddwconv.conv.weight"]
            inside = norm(f"{name}.bn1", F.conv2d(x, kernel, padding=d, dilation=d, groups=len(kernel)))
            x = x + _mlp(weights, name, inside.movedim(1, -1)).movedim(-1, 1)
        x = _attended(weights, f"stages.{stage}.{blocks - 1}", x)
        features.append(x)
        if stage < 2:
            pooled = F.avg_pool2d(pooled, 3, 2, 1)
            x = down(f"downsample_layers.{stage + 1}.0", torch.cat([entering, x, pooled], 1))
    return features


def _mlp(weights: Weights, name: str, x: Tensor) -> Tensor:
    """(...,C) -> (...,C), with the layer scale."""
    x = F.gelu(F.linear(x, weights[f"{name}.pwconv1.weight"], weights[f"{name}.pwconv1.bias"]))
    return weights[f"{name}.gamma"] * F.linear(x, weights[f"{name}.pwconv2.weight"], weights[f"{name}.pwconv2.bias"])


def _attended(weights: Weights, name: str, x: Tensor) -> Tensor:
    def layer_norm(part: str, tokens: Tensor) -> Tensor:
        scale, shift = weights[f"{name}.{part}.weight"], weights[f"{name}.{part}.bias"]
        return F.layer_norm(tokens, scale.shape, scale, shift, 1e-6)

    height, width = x.shape[-2:]
    tokens = x.movedim(1, -1)
    if f"{name}.pos_embd.token_projection.weight" in weights:
        kernel, shift = (weights[f"{name}.pos_embd.token_projection.{kind}"] for kind in ("weight", "bias"))
        tokens = tokens + F.linear(place_code(height, width), kernel[:, :, 0, 0], shift)
    heads = F.linear(layer_norm("norm_xca", tokens), weights[f"{name}.xca.qkv.weight"], weights[f"{name}.xca.qkv.bias"])
    query, key, value = heads.unflatten(-1, (3, 8, -1)).unbind(-3)  # (B,h,w,heads,d)
    query, key = (part / part.square().sum((1, 2), keepdim=True).sqrt() for part in (query, key))
    logits = torch.einsum("bhwni,bhwnj->bnij", query, key) * weights[f"{name}.xca.temperature"]
    mixed = torch.einsum("bnij,bhwnj->bhwni", logits.softmax(-1), value).flatten(-2)
    mixed = F.linear(mixed, weights[f"{name}.xca.proj.weight"], weights[f"{name}.xca.proj.bias"])
    tokens = tokens + weights[f"{name}.gamma_xca"] * mixed
    return x + _mlp(weights, name, layer_norm("norm", tokens)).movedim(-1, 1)


def place_code(height: int, width: int) -> Tensor:
    """(height,width,64), number by number."""
    code = torch.zeros(height, width, 64)
    for row in range(height):
        for column in range(width):
            for axis, part in enumerate(((row + 1) / (height + 1e-6), (column + 1) / (width + 1e-6))):
                for wave in range(32):
                    angle = 2 * math.pi * part / 10000 ** (2 * (wave // 2) / 32)
                    code[row, column, 32 * axis + wave] = math.cos(angle) if wave % 2 else math.sin(angle)
    return code
