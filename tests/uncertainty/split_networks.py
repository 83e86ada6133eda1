"""Networks with features to change: one with encode and decode, transformers with tokens."""

from collections.abc import Iterable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.types import CoarseDecoding, DepthPrediction
from tests.uncertainty.networks import Pyramid, convolution


def fill(parameters: Iterable[Tensor], scale: float = 0.5, seed: int = 0) -> None:
    """The same normal numbers at every call."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in parameters:
        parameter.data = scale * torch.randn(parameter.shape, generator=generator)


class Split(nn.Module):
    """Two levels, an uncertainty head, positive depth; pads to even sides. Counts what is asked of it."""

    multiple = 2

    def __init__(self) -> None:
        super().__init__()
        self.fine, self.deep = nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 4, 3, stride=2, padding=1)
        self.block, self.fuse = nn.Conv2d(4, 3, 3, padding=1), nn.Conv2d(6, 3, 3, padding=1)
        self.head = nn.Conv2d(3, 2, 1)
        fill(self.parameters())
        self.encoded = self.decoded = 0
        self.eval()

    def encode(self, image: Tensor) -> list[Tensor | None]:
        self.encoded += 1
        padded = F.pad(image, (0, -image.shape[-1] % 2, 0, -image.shape[-2] % 2), mode="replicate")
        fine = self.fine(padded).tanh()
        return [fine, None, self.deep(fine).tanh()]

    def decode(self, features: list[Any], size: tuple[int, int]) -> DepthPrediction:
        self.decoded += 1
        fine, _, deep = features
        x = F.interpolate(F.elu(self.block(deep)), scale_factor=2.0)
        x = F.elu(self.fuse(torch.cat([x, fine], 1)))
        depth, log_scale = self.head(x)[..., : size[0], : size[1]].split(1, 1)
        return DepthPrediction(0.5 + F.softplus(depth), log_scale=log_scale)

    def forward(self, image: Tensor) -> DepthPrediction:
        return self.decode(self.encode(image), (image.shape[-2], image.shape[-1]))


class Whole(nn.Module):
    """The same function without encode and decode. Counts forward passes."""

    multiple = 2

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.calls = Split(), 0

    def forward(self, image: Tensor) -> DepthPrediction:
        self.calls += 1
        return self.inner(image)


class IntegerSplit(nn.Module):
    """Features: red and its left neighbour (fine), red doubled (deep, two channels); depth = their sum.

    `features` holds what the last decode was given.
    """

    def __init__(self) -> None:
        super().__init__()
        nothing = [[0, 0, 0]]
        self.fine = convolution([[[[0, 1, 0]], nothing, nothing], [[[1, 0, 0]], nothing, nothing]])
        self.deep = convolution([[[[2]], [[0]], [[0]]], [[[0]], [[1]], [[0]]]])
        self.head = convolution([[[[1]]] * 4])
        self.features: list[Tensor] = []

    def encode(self, image: Tensor) -> list[Tensor]:
        return [self.fine(image), self.deep(image)]

    def decode(self, features: list[Tensor], size: tuple[int, int]) -> DepthPrediction:
        assert (features[0].shape[-2], features[0].shape[-1]) == size
        self.features = [feature.detach().clone() for feature in features]
        return DepthPrediction(self.head(torch.cat(features, 1)))

    def forward(self, image: Tensor) -> DepthPrediction:
        return self.decode(self.encode(image), (image.shape[-2], image.shape[-1]))


class Tokens(nn.Module):
    """A transformer-like network: 2x2 patches as tokens behind one class token, which shifts the depth."""

    def __init__(self, tuple_output: bool = False) -> None:
        super().__init__()
        self.patches, self.mix = nn.Conv2d(3, 5, 2, stride=2), Mix(5, tuple_output)
        self.head = nn.Conv2d(5, 1, 1)
        fill(self.parameters())

    def forward(self, image: Tensor) -> DepthPrediction:
        grid = image.shape[-2] // 2, image.shape[-1] // 2
        patches = self.patches(image).flatten(2).transpose(1, 2)
        tokens = torch.cat([patches.mean(1, keepdim=True), patches], 1)
        tokens = self.mix(tokens)
        tokens = tokens[0] if isinstance(tokens, tuple) else tokens
        maps = (tokens[:, 1:] + tokens[:, :1]).transpose(1, 2).unflatten(2, grid)
        return DepthPrediction(F.interpolate(self.head(maps), scale_factor=2.0))


class Mix(nn.Module):
    """A linear layer on tokens; returns (tokens, attention) if asked to."""

    def __init__(self, width: int, tuple_output: bool) -> None:
        super().__init__()
        self.linear, self.tuple_output = nn.Linear(width, width), tuple_output

    def forward(self, tokens: Tensor) -> Any:
        mixed = self.linear(tokens)
        return (mixed, tokens) if self.tuple_output else mixed


class ChannelsLast(nn.Module):
    """A convolutional network whose middle layer works on (B,h,w,C)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.last, self.head = nn.Conv2d(3, 6, 3, padding=1), nn.Linear(6, 4), nn.Conv2d(4, 1, 1)
        fill(self.parameters())

    def forward(self, image: Tensor) -> DepthPrediction:
        return DepthPrediction(self.head(self.last(self.stem(image).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)))


class SplitPyramid(Pyramid):
    """`Pyramid` in two parts, with an uncertainty head."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.log_head = nn.Conv2d(5, 1, 3, padding=1)
        fill(self.log_head.parameters(), 0.2)

    def encode(self, image: Tensor) -> list[Tensor]:
        skip = self.stem(F.pad(image, (0, -image.shape[-1] % 4, 0, -image.shape[-2] % 4), mode="replicate"))
        return [skip, self.deep(skip)]

    def decode(self, features: list[Tensor], size: tuple[int, int]) -> DepthPrediction:
        skip, deep = features
        x = self.dropout(self.activation(self.block(deep)))
        x = self.activation(self.fuse(torch.cat([F.interpolate(x, scale_factor=2.0), skip], 1)))
        x = F.interpolate(x, scale_factor=2.0)
        depth, log_scale = (head(x)[..., : size[0], : size[1]] for head in (self.head, self.log_head))
        return DepthPrediction(1 / (0.1 + depth.sigmoid()), log_scale=log_scale)

    def forward(self, image: Tensor) -> DepthPrediction:
        return self.decode(self.encode(image), (image.shape[-2], image.shape[-1]))


class CoarsePyramid(SplitPyramid):
    """`SplitPyramid` with a head at 1/4 of the resolution; the decoder can stop there."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.coarse_head = nn.Conv2d(6, 1, 3, padding=1)
        fill(self.coarse_head.parameters(), 0.3, seed=1)

    def decode_coarse(self, features: list[Tensor], size: tuple[int, int]) -> CoarseDecoding:
        skip, deep = features
        coarse = self.dropout(self.activation(self.block(deep)))
        cells = -(-size[0] // 4), -(-size[1] // 4)
        depth = 1 / (0.1 + self.coarse_head(coarse)[..., : cells[0], : cells[1]].sigmoid())

        def finish() -> DepthPrediction:
            x = self.activation(self.fuse(torch.cat([F.interpolate(coarse, scale_factor=2.0), skip], 1)))
            head = self.head(F.interpolate(x, scale_factor=2.0))[..., : size[0], : size[1]]
            return DepthPrediction(1 / (0.1 + head.sigmoid()))

        return CoarseDecoding(DepthPrediction(depth), finish)
