"""Files as Monodepth2 and RT-MonoDepth-S publish them, with random weights, and what the networks compute from them.

The networks here are torch functions on the published keys (shared checkpoints.md 1 and 2): a second source.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
import torchvision
from torch import Tensor

WIDTHS = (16, 32, 64, 128, 256)
Weights = dict[str, Tensor]


def conv(out_channels: int, in_channels: int, size: int, seed: int) -> Tensor:
    scale = (in_channels * size * size) ** -0.5
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(out_channels, in_channels, size, size, generator=generator)


def monodepth2_encoder(layers: int = 18) -> Weights:
    torch.manual_seed(layers)
    network = getattr(torchvision.models, f"resnet{layers}")(weights=None)
    for key, value in network.state_dict().items():
        if "running" in key:
            value.add_(0.1 * torch.rand(value.shape))
    return {f"encoder.{key}": value for key, value in network.state_dict().items()}


def monodepth2_decoder(channels: tuple[int, ...] = (64, 64, 128, 256, 512), uncertainty: bool = False) -> Weights:
    weights: Weights = {}

    def add(index: int, inner: str, out_channels: int, in_channels: int) -> None:
        weights[f"decoder.{index}.{inner}.weight"] = conv(out_channels, in_channels, 3, index)
        weights[f"decoder.{index}.{inner}.bias"] = 0.1 * torch.randn(
            out_channels, generator=torch.Generator().manual_seed(index)
        )

    for step, level in enumerate((4, 3, 2, 1, 0)):
        add(2 * step, "conv.conv", WIDTHS[level], channels[-1] if level == 4 else WIDTHS[level + 1])
        skip = channels[level - 1] if level else 0
        add(2 * step + 1, "conv.conv", WIDTHS[level], WIDTHS[level] + skip)
    for scale in range(4):
        for head in range(1 + uncertainty):
            add(10 + scale * (1 + uncertainty) + head, "conv", 1, WIDTHS[scale])
    return weights


def padded_conv(weights: Weights, name: str, x: Tensor, mode: str = "reflect") -> Tensor:
    padded = F.pad(x, (1, 1, 1, 1), mode=mode)
    return F.conv2d(padded, weights[f"{name}.weight"], weights[f"{name}.bias"])


def monodepth2_logits(encoder: Weights, decoder: Weights, image: Tensor, layers: int, index: int = 10) -> Tensor:
    """Output of convolution `index` of the list (10 = disparity of scale 0), before any activation."""
    network = getattr(torchvision.models, f"resnet{layers}")(weights=None).eval()
    network.load_state_dict({key.removeprefix("encoder."): value for key, value in encoder.items()})
    x = network.relu(network.bn1(network.conv1((image - 0.45) / 0.225)))
    features = [x]
    x = network.maxpool(x)
    for stage in (network.layer1, network.layer2, network.layer3, network.layer4):
        x = stage(x)
        features.append(x)
    for step, level in enumerate((4, 3, 2, 1, 0)):
        x = F.elu(padded_conv(decoder, f"decoder.{2 * step}.conv.conv", x))
        x = F.interpolate(x, scale_factor=2, mode="nearest")
        x = torch.cat([x, features[level - 1]], 1) if level else x
        x = F.elu(padded_conv(decoder, f"decoder.{2 * step + 1}.conv.conv", x))
    return padded_conv(decoder, f"decoder.{index}.conv", x)


def rt_weights() -> tuple[Weights, Weights]:
    encoder = {"conv1.weight": conv(64, 3, 7, 0)}
    for stage, (a, b) in enumerate(((64, 64), (64, 128), (128, 192))):
        for position, in_channels in ((0, a), (2, b)):
            encoder[f"convs.{stage}.{position}.weight"] = conv(b, in_channels, 3, 10 * stage + position)
            encoder[f"convs.{stage}.{position}.bias"] = torch.linspace(-0.1, 0.1, b)
    decoder: Weights = {}
    width = 192
    for index, channels in enumerate((96, 96, 64, 64, 32, 32, 16, 16)):
        decoder[f"decoder.{index}.conv.weight"] = conv(channels, width, 3, index)
        decoder[f"decoder.{index}.conv.bias"] = torch.linspace(-0.1, 0.1, channels)
        width = channels
    for scale, channels in enumerate((16, 32, 64)):
        decoder[f"decoder.{8 + scale}.conv3.weight"] = conv(1, channels, 3, scale)
        decoder[f"decoder.{8 + scale}.conv3.bias"] = torch.full((1,), 0.05 * scale)
    return encoder, decoder


def rt_disparities(encoder: Weights, decoder: Weights, image: Tensor) -> list[Tensor]:
    """Sigmoid disparity at 1/1, 1/2, 1/4."""
    x = F.relu(F.conv2d((image - 0.45) / 0.225, encoder["conv1.weight"], stride=2, padding=3))
    for stage in range(3):
        for position, stride in ((0, 2), (2, 1)):
            name = f"convs.{stage}.{position}"
            x = F.conv2d(x, encoder[f"{name}.weight"], encoder[f"{name}.bias"], stride=stride, padding=1)
            x = F.leaky_relu(x, 0.1)
    disparities = []
    for level in range(4):
        x = F.elu(padded_conv(decoder, f"decoder.{2 * level}.conv", x))
        x = F.elu(padded_conv(decoder, f"decoder.{2 * level + 1}.conv", F.interpolate(x, scale_factor=2)))
        if level:
            name = f"decoder.{11 - level}.conv3"
            disparities.insert(0, torch.sigmoid(padded_conv(decoder, name, x, "constant")))
    return disparities


def depth_of(sigmoid: Tensor) -> Tensor:
    return 1 / (0.01 + 9.99 * sigmoid)


def write(folder: Path, encoder: dict, decoder: dict) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(encoder, folder / "encoder.pth")
    torch.save(decoder, folder / "depth.pth")
    return folder
