"""Files as MonoViT publishes them, with random weights, and what the networks compute from them.

The network here is torch functions on the published keys (shared checkpoints.md 4): a second source.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from tests.models.published import Weights, padded_conv

PUBLISHED = ((64, 128, 216, 288), (1, 3, 6, 3), (2, 3, 3, 3), (16, 32, 64, 128, 256, 512))
"""Widths, blocks and paths of the encoder's stages; widths of the decoder at 1/1, ... 1/32."""
SMALL = ((16, 8, 24, 16), (1, 2, 1, 1), (2, 1, 2, 1), (4, 5, 6, 7, 8, 9))
Sizes = tuple[Sequence[int], Sequence[int], Sequence[int], Sequence[int]]
Shapes = dict[str, tuple[int, ...]]


def encoder_shapes(sizes: Sizes) -> Shapes:
    """Key -> shape, without running statistics, with every registration of the shared encodings."""
    widths, layers, paths, _ = sizes
    shapes: Shapes = {}

    def conv(name: str, *shape: int) -> None:
        shapes[f"{name}.weight"] = shape
        shapes[f"{name}.bias"] = shape[:1]

    def norm(name: str, width: int) -> None:
        conv(name, width)

    def conv_norm(name: str, *shape: int) -> None:
        shapes[f"{name}.conv.weight"] = shape
        norm(f"{name}.bn", shape[0])

    conv_norm("stem.0", widths[0] // 2, 3, 3, 3)
    conv_norm("stem.1", widths[0], widths[0] // 2, 3, 3)
    for i, width in enumerate(widths):
        for j in range(paths[i]):
            patch, path = f"patch_embed_stages.{i}.patch_embeds.{j}.patch_conv", f"mhca_stages.{i}.mhca_blks.{j}"
            shapes |= {f"{patch}.dwconv.weight": (width, 1, 3, 3), f"{patch}.pwconv.weight": (width, width, 1, 1)}
            norm(f"{patch}.bn", width)
            blocks = [f"{path}.MHCA_layers.{k}" for k in range(layers[i])]
            for place in (path, *blocks):
                conv(f"{place}.cpe.proj", width, 1, 3, 3)
            for place in (path, *blocks, *(f"{block}.factoratt_crpe" for block in blocks)):
                for k, (window, heads) in enumerate(((3, 2), (5, 3), (7, 3))):
                    conv(f"{place}.crpe.conv_list.{k}", width // 8 * heads, 1, window, window)
            for block in blocks:
                conv(f"{block}.factoratt_crpe.qkv", 3 * width, width)
                conv(f"{block}.factoratt_crpe.proj", width, width)
                conv(f"{block}.mlp.fc1", 4 * width, width)
                conv(f"{block}.mlp.fc2", width, 4 * width)
                norm(f"{block}.norm1", width)
                norm(f"{block}.norm2", width)
        stage = f"mhca_stages.{i}"
        conv_norm(f"{stage}.InvRes.conv1", width, width, 1, 1)
        shapes[f"{stage}.InvRes.dwconv.weight"] = (width, 1, 3, 3)
        norm(f"{stage}.InvRes.norm", width)
        conv_norm(f"{stage}.InvRes.conv2", width, width, 1, 1)
        conv_norm(f"{stage}.aggregate", (*widths, widths[-1])[i + 1], width * (paths[i] + 1), 1, 1)
    return shapes


def decoder_modules(sizes: Sizes) -> dict[str, dict[str, tuple[int, ...]]]:
    """Name of a module -> its weights, in the order of the table of checkpoints.md."""
    stem, *maps = sizes[0][0], *sizes[0][1:], sizes[0][-1]
    full, *rows = sizes[3]
    found: dict[str, dict[str, tuple[int, ...]]] = {}

    def attention(name: str, inner: str, wide: int, narrow: int, size: int) -> None:
        fc = {f"{inner}fc.0.weight": (wide // 16 or 1, wide), f"{inner}fc.2.weight": (wide, wide // 16 or 1)}
        found[name] = {**fc, "conv_se.weight": (narrow, wide, size, size), "conv_se.bias": (narrow,)}

    def block(name: str, wide: int, narrow: int) -> None:
        found[name] = {"conv.conv.weight": (narrow, wide, 3, 3), "conv.conv.bias": (narrow,)}

    for row in (4, 3, 2, 1):
        attention(f"f{row}", "ca.", maps[row - 1], rows[row], 3)
    half = [full, *rows]
    block("X_00_Conv_0", stem, stem // 2)
    for row, column in ((1, 0), (2, 0), (3, 0), (4, 0), (0, 1), (1, 1), (2, 1), (3, 1)):
        block(f"X_{row}{column}_Conv_0", rows[row], half[row])
    for row, column in ((0, 2), (1, 2), (2, 2), (0, 3), (1, 3), (0, 4)):
        block(f"X_{row}{column}_Conv_0", rows[row], half[row])
    block("X_04_Conv_1", full, full)
    first = [stem, *rows[1:]]
    for row in (3, 2, 1, 0):
        attention(f"X_{row}{4 - row}_attention", "", rows[row] + first[row] + (3 - row) * rows[row], rows[row], 1)
    for row in (1, 2, 3):
        block(f"X_{row}0_Conv_1", rows[row - 1] + first[row - 1], rows[row - 1])
    for row, column in ((0, 2), (1, 2), (0, 3)):
        joined = rows[row] + first[row] + (column - 1) * rows[row]
        found[f"X_{row}{column}_downsample"] = {"conv.weight": (2 * rows[row], joined, 1, 1)}
        block(f"X_{row + 1}{column - 1}_Conv_1", 2 * rows[row], rows[row])
    for scale, width in enumerate((full, *rows[:3])):
        found[f"dispconv{scale}"] = {"conv.weight": (1, width, 3, 3), "conv.bias": (1,)}
    return found


def monovit_weights(sizes: Sizes = SMALL, *, halves: Sequence[str] = ("convs", "decoder")) -> tuple[Weights, Weights]:
    """Contents of encoder.pth and depth.pth."""
    generator = torch.Generator().manual_seed(0)

    def drawn(shape: tuple[int, ...]) -> Tensor:
        inputs = math.prod(shape[1:])
        values = torch.randn(shape, generator=generator)
        return values * inputs**-0.5 if len(shape) > 1 else 0.5 + 0.2 * values

    encoder: Weights = {}
    for key, shape in encoder_shapes(sizes).items():
        path, _, inner = key.partition(".MHCA_layers.")
        shared = inner.removeprefix(f"{inner[:1]}.").removeprefix("factoratt_crpe.")
        again = shared.startswith(("cpe.", "crpe."))
        encoder[key] = encoder[f"{path}.{shared}"] if again else drawn(shape)
    for key in [key for key in encoder if key.endswith((".bn.weight", "InvRes.norm.weight"))]:
        norm, width = key.removesuffix("weight"), encoder[key].shape
        encoder[f"{norm}running_mean"] = 0.2 * torch.randn(width, generator=generator)
        encoder[f"{norm}running_var"] = 0.5 + torch.rand(width, generator=generator)
    decoder: Weights = {}
    for index, (name, module) in enumerate(decoder_modules(sizes).items()):
        for part, shape in module.items():
            value = drawn(shape)
            decoder |= {f"{half}.{name if half == 'convs' else index}.{part}": value for half in halves}
    return encoder, decoder


def monovit_disparities(sizes: Sizes, encoder: Weights, decoder: Weights, image: Tensor) -> list[Tensor]:
    """Sigmoid disparity at 1/1, 1/2, 1/4, 1/8, by `convs.*`."""

    def attention(name: str, inner: str, x: Tensor) -> Tensor:
        hidden = F.relu(x.mean((2, 3)) @ decoder[f"convs.{name}.{inner}fc.0.weight"].T)
        weights = torch.sigmoid(hidden @ decoder[f"convs.{name}.{inner}fc.2.weight"].T)
        kernel, bias = decoder[f"convs.{name}.conv_se.weight"], decoder[f"convs.{name}.conv_se.bias"]
        return F.relu(F.conv2d(x * weights[:, :, None, None], kernel, bias, padding=kernel.shape[-1] // 2))

    def block(name: str, x: Tensor) -> Tensor:
        return F.elu(padded_conv(decoder, f"convs.{name}.conv.conv", x))

    def twice(x: Tensor) -> Tensor:
        return x.repeat_interleave(2, 2).repeat_interleave(2, 3)

    features = _features(sizes, encoder, image)
    x = {"00": features[0]}
    for row in (1, 2, 3, 4):
        x[f"{row}0"] = attention(f"f{row}", "ca.", features[row])
    for column in (1, 2, 3, 4):
        for row in range(5 - column):
            below = f"{row + 1}{column - 1}"
            joined = [twice(block(f"X_{below}_Conv_0", x[below])), *(x[f"{row}{left}"] for left in range(column))]
            if row + column == 4:
                x[f"{row}{column}"] = attention(f"X_{row}{column}_attention", "", torch.cat(joined, 1))
                continue
            inside = torch.cat(joined, 1)
            if column > 1:
                inside = F.conv2d(inside, decoder[f"convs.X_{row}{column}_downsample.conv.weight"])
            x[f"{row}{column}"] = block(f"X_{below}_Conv_1", inside)
    finest = block("X_04_Conv_1", twice(block("X_04_Conv_0", x["04"])))
    maps = (finest, x["04"], x["13"], x["22"])
    return [torch.sigmoid(padded_conv(decoder, f"convs.dispconv{i}.conv", one)) for i, one in enumerate(maps)]


def _features(sizes: Sizes, weights: Weights, image: Tensor) -> list[Tensor]:
    def norm(name: str, x: Tensor) -> Tensor:
        mean, var, scale, shift = (weights[f"{name}.{k}"] for k in ("running_mean", "running_var", "weight", "bias"))
        return F.batch_norm(x, mean, var, scale, shift)

    def conv_norm(name: str, x: Tensor, stride: int = 1) -> Tensor:
        kernel = weights[f"{name}.conv.weight"]
        return norm(f"{name}.bn", F.conv2d(x, kernel, stride=stride, padding=kernel.shape[-1] // 2))

    def depthwise(name: str, x: Tensor, stride: int = 1) -> Tensor:
        kernel = weights[f"{name}.weight"]
        return F.conv2d(x, kernel, weights.get(f"{name}.bias"), stride, kernel.shape[-1] // 2, groups=len(kernel))

    def linear(name: str, tokens: Tensor) -> Tensor:
        return F.linear(tokens, weights[f"{name}.weight"], weights[f"{name}.bias"])

    def layer_norm(name: str, tokens: Tensor) -> Tensor:
        scale, shift = weights[f"{name}.weight"], weights[f"{name}.bias"]
        return F.layer_norm(tokens, scale.shape, scale, shift, 1e-6)

    def transformer(name: str, path: str, x: Tensor) -> Tensor:
        tokens = (x + depthwise(f"{path}.cpe.proj", x)).movedim(1, -1)  # (B,h,w,C)
        heads = linear(f"{name}.factoratt_crpe.qkv", layer_norm(f"{name}.norm1", tokens))
        query, key, value = heads.unflatten(-1, (3, 8, -1)).unbind(-3)  # (B,h,w,heads,d)
        shares = key.flatten(1, 2).softmax(1).unflatten(1, key.shape[1:3])
        summary = torch.einsum("bhwni,bhwnj->bnij", shares, value)
        mixed = torch.einsum("bhwni,bnij->bhwnj", query, summary) / math.sqrt(query.shape[-1])
        d = value.shape[-1]
        for k, (start, stop) in enumerate(((0, 2), (2, 5), (5, 8))):
            part = value[..., start:stop, :].flatten(-2).movedim(-1, 1)
            seen = depthwise(f"{path}.crpe.conv_list.{k}", part).movedim(1, -1).unflatten(-1, (-1, d))
            mixed[..., start:stop, :] += query[..., start:stop, :] * seen
        tokens = tokens + linear(f"{name}.factoratt_crpe.proj", mixed.flatten(-2))
        hidden = F.gelu(linear(f"{name}.mlp.fc1", layer_norm(f"{name}.norm2", tokens)))
        return (tokens + linear(f"{name}.mlp.fc2", hidden)).movedim(-1, 1)

    x = F.hardswish(conv_norm("stem.1", F.hardswish(conv_norm("stem.0", image, 2))))
    features = [x]
    for i, (layers, paths) in enumerate(zip(sizes[1], sizes[2], strict=True)):
        patches: list[Tensor] = []
        for j in range(paths):
            name = f"patch_embed_stages.{i}.patch_embeds.{j}.patch_conv"
            x = depthwise(f"{name}.dwconv", x, 1 if j else 2)
            x = F.hardswish(norm(f"{name}.bn", F.conv2d(x, weights[f"{name}.pwconv.weight"])))
            patches.append(x)
        local = F.hardswish(conv_norm(f"mhca_stages.{i}.InvRes.conv1", patches[0]))
        local = F.hardswish(norm(f"mhca_stages.{i}.InvRes.norm", depthwise(f"mhca_stages.{i}.InvRes.dwconv", local)))
        found = [patches[0] + conv_norm(f"mhca_stages.{i}.InvRes.conv2", local)]
        for j, one in enumerate(patches):
            path = f"mhca_stages.{i}.mhca_blks.{j}"
            for k in range(layers):
                one = transformer(f"{path}.MHCA_layers.{k}", path, one)
            found.append(one)
        x = F.hardswish(conv_norm(f"mhca_stages.{i}.aggregate", torch.cat(found, 1)))
        features.append(x)
    return features
