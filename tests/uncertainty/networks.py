"""Small depth networks whose gradients are known or easily had, and the state of a network in one value."""

import zlib
from itertools import chain
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.types import DepthPrediction, UncertaintyEstimate
from gradunc.uncertainty.draws import Draws, image_seeds
from gradunc.uncertainty.gradient.references import Query


def row(*values: float) -> Tensor:
    """One image of one row whose red channel is given, green and blue 0: (1,3,1,W)."""
    image = torch.zeros(1, 3, 1, len(values))
    image[0, 0, 0] = torch.tensor(values)
    return image


def noise(batch: int, height: int, width: int, seed: int = 0) -> Tensor:
    """Uniform random images (B,3,H,W)."""
    return torch.rand(batch, 3, height, width, generator=torch.Generator().manual_seed(seed))


def convolution(weight: list[Any]) -> nn.Conv2d:
    """A convolution without bias and with the given (out,in,kh,kw) weights that keeps the size."""
    values = torch.tensor(weight, dtype=torch.float32)
    out_channels, in_channels, height, width = values.shape
    layer = nn.Conv2d(in_channels, out_channels, (height, width), padding=(height // 2, width // 2), bias=False)
    layer.weight.data = values
    return layer


class Chain(nn.Module):
    """Depth = head(activation(features(image)))."""

    def __init__(self, features: nn.Module, head: nn.Module, activation: nn.Module | None = None) -> None:
        super().__init__()
        self.features, self.head = features, head
        self.activation = activation or nn.Identity()

    def forward(self, image: Tensor) -> DepthPrediction:
        return DepthPrediction(self.head(self.activation(self.features(image))))


def integer_network(activation: nn.Module | None = None) -> Chain:
    """Two features of red, its left neighbour and itself; depth = left - 2 itself."""
    nothing = [[0, 0, 0]]
    features = convolution([[[[1, 0, 0]], nothing, nothing], [[[0, 1, 0]], nothing, nothing]])
    return Chain(features, convolution([[[[1]], [[-2]]]]), activation)


class Pyramid(nn.Module):
    """A small encoder and decoder with skip, BatchNorm and dropout; pads to its multiple of 4 and crops again."""

    multiple = 4

    def __init__(self, inplace: bool = False, seed: int = 0) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 6, 3, 2, 1), nn.BatchNorm2d(6), nn.ReLU(inplace))
        self.deep = nn.Sequential(nn.Conv2d(6, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU(inplace))
        self.block = nn.Conv2d(8, 6, 3, padding=1)
        self.activation = nn.ELU(inplace=inplace)
        self.dropout = nn.Dropout2d(0.5)
        self.fuse = nn.Conv2d(12, 5, 3, padding=1)
        self.head = nn.Conv2d(5, 1, 3, padding=1)
        generator = torch.Generator().manual_seed(seed)
        for tensor in chain(self.parameters(), (b for n, b in self.named_buffers() if "running" in n)):
            tensor.data = 0.4 * torch.randn(tensor.shape, generator=generator)
        for name, buffer in self.named_buffers():
            if "running_var" in name:
                buffer.data = 0.5 + buffer.square()
        self.eval()

    def forward(self, image: Tensor) -> DepthPrediction:
        height, width = image.shape[-2:]
        padded = F.pad(image, (0, -width % 4, 0, -height % 4), mode="replicate")
        skip = self.stem(padded)
        x = self.dropout(self.activation(self.block(self.deep(skip))))
        x = torch.cat([F.interpolate(x, scale_factor=2.0), skip], 1)
        x = F.interpolate(self.activation(self.fuse(x)), scale_factor=2.0)
        return DepthPrediction(1 / (0.1 + self.head(x).sigmoid())[..., :height, :width])


class Branches(nn.Module):
    """Two parallel convolutions of the image, multiplied."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.left, self.right = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, image: Tensor) -> DepthPrediction:
        return DepthPrediction((self.left(image) * self.right(image)).sum(1, keepdim=True))


class WithVariance(nn.Module):
    """Two features of red: depth = 3 red and h = red / 2; pixelwise, so that flipping changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.features = convolution([[[[3.0]], [[0]], [[0]]], [[[0.5]], [[0]], [[0]]]])

    def forward(self, image: Tensor) -> DepthPrediction:
        depth, log_scale = self.features(image).split(1, 1)
        return DepthPrediction(depth, log_scale=log_scale)


class WithCamera(nn.Module):
    """Depth = red + principal point, so that mirrored intrinsics are seen in the depth."""

    def __init__(self) -> None:
        super().__init__()
        self.features = convolution([[[[1]], [[0]], [[0]]]])

    def forward(self, image: Tensor, intrinsics: Tensor, factor: float = 1.0) -> DepthPrediction:
        return DepthPrediction(factor * self.features(image) + intrinsics[:, 0, 2].view(-1, 1, 1, 1))


def query(model: nn.Module, image: Tensor, seed: int = 0, stream: int = 0, **parts: Any) -> Query:
    """What the engine asks a reference with; `parts`: inputs, given, features."""
    draws = Draws(lambda: image_seeds(seed, image), stream)
    return Query(model, image, parts.pop("inputs", {}), draws, **parts)


def added_gradients(model: nn.Module, names: tuple[str, ...], image: Tensor, reference: Tensor) -> dict[str, Tensor]:
    """Second implementation: ordinary autograd through the whole network, at zeros ADDED to the layers' outputs.

    Loss = mean over pixels of (depth - reference)^2, summed over the batch.
    """
    modules = dict(model.named_modules())
    added: dict[str, Tensor] = {}

    def add(name: str, output: Tensor) -> Tensor:
        added[name] = torch.zeros_like(output, requires_grad=True)
        return output + added[name]

    handles = [modules[n].register_forward_hook(lambda _m, _a, output, n=n: add(n, output)) for n in names]
    with torch.enable_grad():
        depth = model(image).depth
        loss = (depth - reference).square().flatten(1).mean(1).sum()
    for handle in handles:
        handle.remove()
    return {name: torch.autograd.grad(loss, added[name], retain_graph=True)[0] for name in names}


def flipped_depth(model: nn.Module, image: Tensor) -> Tensor:
    """The reference "flip", by index instead of `flip`: (B,1,H,W)."""
    backwards = torch.arange(image.shape[-1] - 1, -1, -1)
    with torch.no_grad():
        return model(image[..., backwards]).depth[..., backwards]


def fingerprint(model: nn.Module) -> dict[str, Any]:
    """All that an estimate must leave alone: values, `requires_grad`, `.grad`, training flags and hooks."""
    state: dict[str, Any] = {
        name: (_checksum(tensor), tensor.requires_grad, _checksum(tensor.grad), len(tensor._backward_hooks or ()))
        for name, tensor in chain(model.named_parameters(), model.named_buffers())
    }
    for name, module in model.named_modules():
        hooks = {key: list(value) for key, value in vars(module).items() if "hooks" in key and isinstance(value, dict)}
        state[f"module {name}"] = (module.training, hooks)
    return state


def _checksum(tensor: Tensor | None) -> int | None:
    return None if tensor is None else zlib.crc32(tensor.detach().cpu().contiguous().numpy().tobytes())


def assert_same(one: UncertaintyEstimate, two: UncertaintyEstimate, rtol: float = 1e-5) -> None:
    torch.testing.assert_close(one.depth, two.depth, rtol=rtol, atol=1e-6)
    torch.testing.assert_close(one.loss, two.loss, rtol=rtol, atol=1e-7)
    assert torch.equal(one.valid, two.valid)
    for a, b in [(one.uncertainty, two.uncertainty), *((one.layers[name], two.layers[name]) for name in two.layers)]:
        torch.testing.assert_close(a, b, rtol=rtol, atol=rtol * float(b.abs().max()))
