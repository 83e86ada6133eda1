"""The published procedure once more, straight from docs/methods.md A.1 to A.7 and checkpoints.md 1 and 2.

One image, ordinary autograd through the whole network, in-place activations, NumPy. It shares no code with the package.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
import torchvision.transforms.functional as classic
from torch import Tensor, nn
from torchvision.models import resnet18

from tests.golden.inputs import fill

WIDTHS, SKIPS = (16, 32, 64, 128, 256), (64, 64, 128, 256)


class Output(NamedTuple):
    depth: Tensor
    log_scale: Tensor | None


class Program(nn.Module):
    """Encoder and decoder under the published key names, `decoder.N` in the order of its list."""

    def __init__(self, linear: bool = False, uncertainty: bool = False) -> None:
        super().__init__()
        self.linear, self.uncertainty = linear, uncertainty
        self.encoder = resnet18(weights=None)
        convolutions: list[nn.Module] = []
        width = 512
        for level in (4, 3, 2, 1, 0):
            skip = SKIPS[level - 1] if level else 0
            convolutions += [nn.Conv2d(width, WIDTHS[level], 3), nn.Conv2d(WIDTHS[level] + skip, WIDTHS[level], 3)]
            width = WIDTHS[level]
        for scale in range(4):
            convolutions += [nn.Conv2d(WIDTHS[scale], 1, 3) for _ in range(1 + uncertainty)]
        self.convolutions = nn.ModuleList(convolutions)
        encoder, decoder = (fill(weights) for weights in self.files())
        self.encoder.load_state_dict({key.removeprefix("encoder."): value for key, value in encoder.items()})
        for key, value in decoder.items():
            self.convolutions[int(key.split(".")[1])].get_parameter(key.split(".")[-1]).data = value
        self.eval()

    def files(self) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """State dicts under the published names."""
        encoder = {f"encoder.{key}": value for key, value in self.encoder.state_dict().items()}
        decoder = {
            f"decoder.{i}.conv{'.conv' if i < 10 else ''}.{kind}": getattr(convolution, kind).data
            for i, convolution in enumerate(self.convolutions)
            for kind in ("weight", "bias")
        }
        return encoder, decoder

    def forward(self, image: Tensor) -> Output:
        net = self.encoder
        features = [net.relu(net.bn1(net.conv1((image - 0.45) / 0.225)))]
        x = net.maxpool(features[0])
        for stage in (net.layer1, net.layer2, net.layer3, net.layer4):
            x = stage(x)
            features.append(x)
        for level in (4, 3, 2, 1, 0):
            x = F.elu(self.convolve(8 - 2 * level, x), inplace=True)
            x = F.interpolate(x, scale_factor=2, mode="nearest")
            x = torch.cat([x, features[level - 1]], 1) if level else x
            x = F.elu(self.convolve(9 - 2 * level, x), inplace=True)
        output = self.convolve(10, x)
        depth = output if self.linear else 1 / (0.01 + 9.99 * torch.sigmoid(output))
        return Output(depth, self.convolve(11, x) if self.uncertainty else None)

    def convolve(self, index: int, x: Tensor) -> Tensor:
        return self.convolutions[index](F.pad(x, (1, 1, 1, 1), mode="reflect"))


def reference_depth(program: Program, image: Tensor, kind: str, noise: Tensor) -> Tensor:
    """A.3: transform the image, predict, transform the depth back."""
    with torch.no_grad():
        if kind == "flip":
            mirrored = program(torch.from_numpy(image.numpy()[..., ::-1].copy())).depth.numpy()
            return torch.from_numpy(mirrored[..., ::-1].copy())
        if kind == "gray":
            return program(classic.rgb_to_grayscale(image, 3)).depth
        if kind == "noise":
            return program(image + 0.01 * noise).depth
        assert kind == "rotate"
        return classic.rotate(program(classic.rotate(image, 10)).depth, -10)


class Result(NamedTuple):
    depth: np.ndarray
    loss: float
    uncertainty: np.ndarray


def run(
    program: Program,
    image: Tensor,
    references: Sequence[str],
    layers: Sequence[int],
    channels: str,
    weight: float = 0.0,
    noise: Tensor | None = None,
) -> Result:
    """No reference: the variance term alone; one: squared difference; several: variance of all maps."""
    maps = [reference_depth(program, image, kind, torch.zeros(0) if noise is None else noise) for kind in references]
    kept: dict[int, Tensor] = {}

    def keep(index: int, output: Tensor) -> Tensor:
        kept[index] = output
        return output.clone()

    handles = [program.convolutions[i].register_forward_hook(lambda _m, _a, out, i=i: keep(i, out)) for i in layers]
    output = program(image)
    for handle in handles:
        handle.remove()
    loss = torch.zeros(())
    if len(maps) == 1:
        loss = ((output.depth - maps[0]) ** 2).mean()
    elif maps:
        loss = torch.var(torch.cat([output.depth, *maps]), dim=0).mean()
    if weight:
        assert output.log_scale is not None
        loss = loss + weight * (torch.exp(output.log_scale) ** 2).mean()
    gradients = torch.autograd.grad(loss, [kept[i] for i in layers])
    scaled = []
    for gradient in gradients:
        values = reduce(gradient[0].numpy(), channels)
        values = (values - values.min()) / (values.max() - values.min())
        scaled.append(resize(values, (image.shape[-2], image.shape[-1])))
    uncertainty = scaled[0] if len(scaled) == 1 else np.std(np.stack(scaled), axis=0)
    return Result(output.depth[0, 0].detach().numpy(), loss.item(), uncertainty)


def reduce(gradient: np.ndarray, channels: str) -> np.ndarray:
    """A.6: signed, over channels, (C,h,w) -> (h,w)."""
    if channels == "norm":
        return np.sqrt((gradient**2).sum(0))
    return {"max": np.max, "mean": np.mean, "sum": np.sum}[channels](gradient, axis=0)


def resize(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """cv2.resize: bilinear with half-pixel centres, the border repeated."""
    for axis in (0, 1):
        length = values.shape[axis]
        at = np.clip((np.arange(size[axis]) + 0.5) * length / size[axis] - 0.5, 0, length - 1)
        low = np.floor(at).astype(int)
        share = (at - low).reshape((-1, 1) if axis == 0 else (1, -1))
        values = values.take(low, axis) * (1 - share) + values.take(np.minimum(low + 1, length - 1), axis) * share
    return values
