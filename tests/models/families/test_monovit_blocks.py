"""The blocks of MonoViT against loops over single numbers, in float64."""

import math

import torch

from gradunc.models.families.monovit.attention import FactorisedAttention, PlaceByConvolution, RelativePlace
from gradunc.models.families.monovit.blocks import LocalBranch, MultiPathStage, PatchEmbedding, TransformerBlock
from gradunc.models.families.monovit.nodes import AttentionNode
from tests.models.families.test_lite_mono_blocks import images, linear, naive_norm, randomised


def naive_depthwise(kernel, bias, x, stride=1):
    """(C,h,w) -> (C,h/stride,w/stride): each channel by its own window; outside of the map it sees 0."""
    channels, height, width = x.shape
    half = kernel.shape[-1] // 2
    found = torch.zeros(channels, -(-height // stride), -(-width // stride), dtype=x.dtype)
    for c in range(channels):
        for row in range(found.shape[1]):
            for column in range(found.shape[2]):
                total = 0.0 if bias is None else bias[c].item()
                for i in range(-half, half + 1):
                    for j in range(-half, half + 1):
                        y, z = row * stride + i, column * stride + j
                        if 0 <= y < height and 0 <= z < width:
                            total += (kernel[c, 0, i + half, j + half] * x[c, y, z]).item()
                found[c, row, column] = total
    return found


def naive_attention(attention, place, tokens, size):
    """(N,C) -> (N,C), head by head and token by token."""
    count, channels = tokens.shape
    d = channels // 8
    parts = torch.stack([linear(attention.qkv, token) for token in tokens])
    values = parts[:, 2 * channels :].T.reshape(channels, *size)
    windows = [0, 0, 1, 1, 1, 2, 2, 2]
    mixed = torch.zeros_like(tokens)
    for head in range(8):
        query, key, value = (parts[:, at + head * d : at + (head + 1) * d] for at in (0, channels, 2 * channels))
        shares = torch.zeros_like(key)
        for i in range(d):
            exponentials = [math.exp(one) for one in key[:, i]]
            shares[:, i] = torch.tensor(exponentials, dtype=key.dtype) / sum(exponentials)
        conv = place.conv_list[windows[head]]
        start = (head - windows.index(windows[head])) * d
        kernel, bias = conv.weight[start : start + d], conv.bias[start : start + d]
        seen = naive_depthwise(kernel, bias, values[head * d : (head + 1) * d]).reshape(d, count)
        for n in range(count):
            for j in range(d):
                summed = sum(query[n, i] * sum(shares[:, i] * value[:, j]) for i in range(d))
                mixed[n, head * d + j] = summed / math.sqrt(d) + query[n, j] * seen[j, n]
    return torch.stack([linear(attention.proj, token) for token in mixed])


def gelu(x):
    return torch.tensor([v * 0.5 * (1 + math.erf(v / math.sqrt(2))) for v in x.tolist()], dtype=x.dtype)


def hard_swish(x):
    return x * (x + 3).clamp(0, 6) / 6


def naive_batch_norm(norm, x):
    columns = (norm.running_mean, norm.running_var, norm.weight, norm.bias)
    mean, var, scale, shift = (column[:, None, None] for column in columns)
    return (x - mean) / (var + 1e-5).sqrt() * scale + shift


def naive_pointwise(conv, x):
    """1x1 convolution of (C,h,w), as a product with every place."""
    return (conv.weight[:, :, 0, 0] @ x.flatten(1)).reshape(-1, *x.shape[1:])


def naive_block(block, path, x):
    """(C,h,w) -> (C,h,w)."""
    size = x.shape[1:]
    placed = x + naive_depthwise(path.cpe.proj.weight, path.cpe.proj.bias, x)
    tokens = placed.flatten(1).T
    normed = torch.stack([naive_norm(block.norm1, token) for token in tokens])
    tokens = tokens + naive_attention(block.factoratt_crpe, path.crpe, normed, size)
    mlp = [linear(block.mlp.fc2, gelu(linear(block.mlp.fc1, naive_norm(block.norm2, token)))) for token in tokens]
    return (tokens + torch.stack(mlp)).T.reshape(-1, *size)


@torch.no_grad()
def test_factorised_attention():
    attention, place = randomised(FactorisedAttention(16)), randomised(RelativePlace(16))
    tokens = images(1, 12, 16)
    expected = naive_attention(attention, place, tokens[0], (3, 4))
    torch.testing.assert_close(attention(tokens, (3, 4), place)[0], expected, rtol=1e-10, atol=1e-12)


@torch.no_grad()
def test_transformer_block():
    block, x = randomised(TransformerBlock(8, 0.5)), images(1, 8, 2, 3)

    class Path:
        cpe, crpe = randomised(PlaceByConvolution(8)), randomised(RelativePlace(8))

    expected = naive_block(block, Path, x[0])
    torch.testing.assert_close(block(x, Path.cpe, Path.crpe)[0], expected, rtol=1e-10, atol=1e-12)


@torch.no_grad()
def test_patches_overlap():
    patches, x = randomised(PatchEmbedding(4, 2)), images(1, 4, 4, 6)
    inside = naive_pointwise(
        patches.patch_conv.pwconv, naive_depthwise(patches.patch_conv.dwconv.weight, None, x[0], 2)
    )
    expected = hard_swish(naive_batch_norm(patches.patch_conv.bn, inside))
    torch.testing.assert_close(patches(x)[0], expected, rtol=1e-10, atol=1e-12)


def naive_local(branch, x):
    inside = hard_swish(naive_batch_norm(branch.conv1.bn, naive_pointwise(branch.conv1.conv, x)))
    inside = hard_swish(naive_batch_norm(branch.norm, naive_depthwise(branch.dwconv.weight, None, inside)))
    return x + naive_batch_norm(branch.conv2.bn, naive_pointwise(branch.conv2.conv, inside))


@torch.no_grad()
def test_multi_path_stage():
    """The local branch on the first patches, a path on each, laid beside one another in this order, then mixed."""
    stage, patches = randomised(MultiPathStage(8, 5, 2, [0.0, 0.1])), [images(1, 8, 2, 3), images(1, 8, 2, 3).flip(3)]
    found = [naive_local(stage.InvRes, patches[0][0])]
    for path, x in zip(stage.mhca_blks, patches, strict=True):
        one = x[0]
        for block in path.MHCA_layers:
            one = naive_block(block, path, one)
        found.append(one)
    inside = naive_pointwise(stage.aggregate.conv, torch.cat(found))
    expected = hard_swish(naive_batch_norm(stage.aggregate.bn, inside))
    torch.testing.assert_close(stage(patches)[0], expected, rtol=1e-9, atol=1e-11)


@torch.no_grad()
def test_local_branch():
    branch, x = randomised(LocalBranch(3)), images(1, 3, 3, 4)
    torch.testing.assert_close(branch(x)[0], naive_local(branch, x[0]), rtol=1e-10, atol=1e-12)


@torch.no_grad()
def test_channel_attention_node():
    """Weights from the mean of each channel; then each output is a sum over channels, not below 0."""
    node, x = randomised(AttentionNode(32, 3, 1)), images(1, 32, 2, 3)
    first, second = node.ca.fc[0].weight, node.ca.fc[2].weight
    means = [sum(channel.flatten().tolist()) / 6 for channel in x[0]]
    hidden = [max(sum(w.item() * m for w, m in zip(row, means, strict=True)), 0) for row in first]
    weights = [1 / (1 + math.exp(-sum(w.item() * h for w, h in zip(row, hidden, strict=True)))) for row in second]
    expected = torch.zeros(3, 2, 3, dtype=x.dtype)
    for out in range(3):
        for row in range(2):
            for column in range(3):
                summed = sum(node.conv_se.weight[out, c, 0, 0] * weights[c] * x[0, c, row, column] for c in range(32))
                expected[out, row, column] = max(summed + node.conv_se.bias[out], 0)
    assert len(hidden) == 2
    torch.testing.assert_close(node(x)[0], expected, rtol=1e-10, atol=1e-12)
