"""The blocks of Lite-Mono against loops over single numbers, in float64."""

import math

import torch

from gradunc.models.families.lite_mono.attention import CrossCovarianceAttention, PlaceCode
from gradunc.models.families.lite_mono.blocks import DilatedBlock, InteractionBlock
from tests.models.published_lite_mono import place_code


def randomised(module):
    generator = torch.Generator().manual_seed(0)
    module = module.double().eval()
    with torch.no_grad():
        for value in module.state_dict().values():
            if value.is_floating_point():
                value.copy_(0.3 + torch.rand(value.shape, generator=generator, dtype=torch.float64))
                value.mul_(torch.rand(value.shape, generator=generator, dtype=torch.float64))
    return module


def images(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def linear(layer, x):
    """(C,) -> (C',), output by output."""
    weight, bias = layer.weight, layer.bias
    return torch.stack(
        [sum(w * v for w, v in zip(row, x, strict=True)) + b for row, b in zip(weight, bias, strict=True)]
    )


def naive_xca(xca, tokens):
    """(N,C) -> (N,C): channel i of a head is a mean of its channels j, weighted by how alike their courses are."""
    count, channels = tokens.shape
    size = channels // 8
    parts = torch.stack([linear(xca.qkv, token) for token in tokens])
    mixed = torch.zeros_like(tokens)
    for head in range(8):
        query, key, value = (parts[:, at + head * size : at + (head + 1) * size] for at in (0, channels, 2 * channels))
        for i in range(size):
            alike = []
            for j in range(size):
                product = sum(query[n, i] * key[n, j] for n in range(count))
                lengths = math.sqrt(sum(query[:, i] ** 2)) * math.sqrt(sum(key[:, j] ** 2))
                alike.append(math.exp(xca.temperature[head, 0, 0] * product / lengths))
            for n in range(count):
                mixed[n, head * size + i] = sum(a * value[n, j] for j, a in enumerate(alike)) / sum(alike)
    return torch.stack([linear(xca.proj, token) for token in mixed])


def naive_norm(norm, x):
    mean = sum(x) / len(x)
    deviation = math.sqrt(sum((x - mean) ** 2) / len(x) + 1e-6)
    return (x - mean) / deviation * norm.weight + norm.bias


def naive_mlp(block, x):
    """(C,) -> (C,), with the exact GELU."""
    inside = [v * 0.5 * (1 + math.erf(v / math.sqrt(2))) for v in linear(block.pwconv1, x).tolist()]
    return block.gamma * linear(block.pwconv2, torch.tensor(inside, dtype=torch.float64))


@torch.no_grad()
def test_attention_among_channels():
    xca, tokens = randomised(CrossCovarianceAttention(16)), images(2, 5, 16)
    expected = torch.stack([naive_xca(xca, one) for one in tokens])
    torch.testing.assert_close(xca(tokens), expected, rtol=1e-10, atol=1e-12)


@torch.no_grad()
def test_code_of_a_place():
    code = randomised(PlaceCode(6))
    layer = code.token_projection
    expected = place_code(3, 4).double() @ layer.weight[:, :, 0, 0].T + layer.bias
    torch.testing.assert_close(code(3, 4)[0], expected.permute(2, 0, 1), rtol=1e-5, atol=1e-6)


@torch.no_grad()
def test_interaction_block():
    """The attended map reaches the output by way of the MLP only; what is added to is the block's input."""
    block, x = randomised(InteractionBlock(8, 0.5, place=True)), images(1, 8, 2, 3)
    assert block.pos_embd is not None
    tokens = (x + block.pos_embd(2, 3))[0].flatten(1).T
    normed = torch.stack([naive_norm(block.norm_xca, token) for token in tokens])
    tokens = tokens + block.gamma_xca * naive_xca(block.xca, normed)
    added = torch.stack([naive_mlp(block, naive_norm(block.norm, token)) for token in tokens])
    torch.testing.assert_close(block(x), x + added.T.reshape(1, 8, 2, 3), rtol=1e-10, atol=1e-12)


@torch.no_grad()
def test_dilated_block():
    """Nine taps, `dilation` apart; outside of the map they see 0."""
    block, x = randomised(DilatedBlock(3, 2, 0.5)), images(1, 3, 4, 5)
    kernel, norm = block.ddwconv["conv"].weight, block.bn1
    expected = x.clone()
    for row in range(4):
        for column in range(5):
            summed = torch.zeros(3, dtype=torch.float64)
            for i in range(3):
                for j in range(3):
                    y, z = row + 2 * (i - 1), column + 2 * (j - 1)
                    if 0 <= y < 4 and 0 <= z < 5:
                        summed += kernel[:, 0, i, j] * x[0, :, y, z]
            normed = (summed - norm.running_mean) / (norm.running_var + 1e-5).sqrt() * norm.weight + norm.bias
            expected[0, :, row, column] += naive_mlp(block, normed)
    torch.testing.assert_close(block(x), expected, rtol=1e-10, atol=1e-12)


def test_a_fresh_block_is_nearly_the_identity():
    x = torch.rand(1, 8, 4, 4)
    for block in (DilatedBlock(8, 1, 0.0), InteractionBlock(8, 0.0, place=False)):
        torch.testing.assert_close(block(x), x, rtol=0, atol=1e-4)
