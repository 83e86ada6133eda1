"""Files as MiDaS 2.1 publishes them, and a second implementation: plain functions that read the published names."""

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from timm.models.resnet import Bottleneck, ResNet
from torch import Tensor

Weights = dict[str, Tensor]
CHANNELS = {"small": (32, 48, 136, 384), "large": (256, 512, 1024, 2048)}
GROUPS = 32
"""Of the 3x3 convolutions of a ResNeXt-101 32x8d."""
STAGES = (
    ("layer1.3", 1, 24, 3, 1), ("layer1.4", 3, 32, 3, 2), ("layer2.0", 3, 48, 5, 2), ("layer3.0", 5, 96, 3, 2),
    ("layer3.1", 5, 136, 5, 1), ("layer4.0", 6, 232, 5, 2), ("layer4.1", 1, 384, 3, 1),
)  # fmt: skip
"""EfficientNet-Lite3 (Tan and Le, ICML 2019, B0 scaled by 1.2 in width and 1.4 in depth; stem and ends as in B0): name,
blocks, channels, kernel, stride of the first block."""


def tiny_resnext(**keywords: Any) -> Any:
    """A ResNeXt with the channels of the published one and one block a stage, for timm's registry."""
    from timm.models._builder import build_model_with_cfg

    own: dict[str, Any] = {"block": Bottleneck, "layers": (1, 1, 1, 1), "cardinality": GROUPS, "base_width": 8}
    return build_model_with_cfg(ResNet, "resnext_tiny", **{**keywords, "pretrained": False, **own})


class File:
    """Random weights under the published names, each made when it is first asked for."""

    def __init__(self, kind: str, features: int) -> None:
        self.kind, self.features = kind, features
        self.weights: Weights = {}
        self.generator = torch.Generator().manual_seed(0)

    def conv(self, x: Tensor, name: str, out: int, kernel: int = 1, *, bias: bool = True, **keywords: Any) -> Tensor:
        """A convolution that keeps the variance of what it sees."""
        inside = x.shape[1] // keywords.get("groups", 1)
        shape = (out, inside, kernel, kernel)
        weight = self._made(f"{name}.weight", shape, (2 / (inside * kernel * kernel)) ** 0.5)
        keywords.setdefault("padding", kernel // 2)
        return F.conv2d(x, weight, self._made(f"{name}.bias", (out,), 0.1) if bias else None, **keywords)

    def norm(self, x: Tensor, name: str, eps: float) -> Tensor:
        """Batch normalisation by running statistics."""
        shape = (x.shape[1],)
        mean, shift = self._made(f"{name}.running_mean", shape, 0.1), self._made(f"{name}.bias", shape, 0.1)
        spread, scale = (self._made(f"{name}.{kind}", shape, 0.1, 1.0) for kind in ("running_var", "weight"))
        self.weights.setdefault(f"{name}.num_batches_tracked", torch.tensor(1))
        return F.batch_norm(x, mean, spread.abs(), scale, shift, eps=eps)

    def _made(self, name: str, shape: tuple[int, ...], factor: float, around: float = 0.0) -> Tensor:
        if name not in self.weights:
            self.weights[name] = around + factor * torch.randn(shape, generator=self.generator)
        assert self.weights[name].shape == shape, name
        return self.weights[name]


def efficientnet(file: File, x: Tensor) -> Iterator[Tensor]:
    """Maps at 1/4, 1/8, 1/16 and 1/32; padding as in TensorFlow: what is odd of it goes to the right and below."""

    def same(x: Tensor, name: str, out: int, kernel: int, stride: int, groups: int = 1) -> Tensor:
        missing = [max((-(-side // stride) - 1) * stride + kernel - side, 0) for side in x.shape[-2:]]
        x = F.pad(x, (missing[1] // 2, -(-missing[1] // 2), missing[0] // 2, -(-missing[0] // 2)))
        return file.conv(x, name, out, kernel, bias=False, stride=stride, groups=groups, padding=0)

    def normed(x: Tensor, name: str) -> Tensor:
        return file.norm(x, name, 1e-3)

    x = normed(same(x, "pretrained.layer1.0", 32, 3, 2), "pretrained.layer1.1").clamp(0, 6)
    for stage, blocks, out, kernel, first in STAGES:
        for index in range(blocks):
            block, stride, before, width = f"pretrained.{stage}.{index}", first if index == 0 else 1, x, x.shape[1]
            if stage == "layer1.3":  # separable: there is nothing to expand
                x = normed(same(x, f"{block}.conv_dw", width, kernel, stride, width), f"{block}.bn1").clamp(0, 6)
                x = normed(file.conv(x, f"{block}.conv_pw", out, bias=False), f"{block}.bn2")
            else:
                wide = 6 * width
                x = normed(file.conv(x, f"{block}.conv_pw", wide, bias=False), f"{block}.bn1").clamp(0, 6)
                x = normed(same(x, f"{block}.conv_dw", wide, kernel, stride, wide), f"{block}.bn2").clamp(0, 6)
                x = normed(file.conv(x, f"{block}.conv_pwl", out, bias=False), f"{block}.bn3")
            if stride == 1 and width == out:
                x = x + before
        if stage in ("layer1.4", "layer2.0", "layer3.1", "layer4.1"):
            yield x


def resnext(file: File, x: Tensor) -> Iterator[Tensor]:
    """Maps at 1/4, 1/8, 1/16 and 1/32, of one block each."""

    def normed(x: Tensor, name: str) -> Tensor:
        return file.norm(x, name, 1e-5)

    x = file.conv(x, "pretrained.layer1.0", 64, 7, bias=False, stride=2)
    x = F.max_pool2d(normed(x, "pretrained.layer1.1").relu(), 3, 2, 1)
    for index, stage in enumerate(("layer1.4.0", "layer2.0", "layer3.0", "layer4.0")):
        block, out, stride = f"pretrained.{stage}", 256 * 2**index, 1 if index == 0 else 2
        above = normed(file.conv(x, f"{block}.downsample.0", out, bias=False, stride=stride), f"{block}.downsample.1")
        y = normed(file.conv(x, f"{block}.conv1", out, bias=False), f"{block}.bn1").relu()
        y = file.conv(y, f"{block}.conv2", out, 3, bias=False, stride=stride, groups=GROUPS)
        y = normed(y, f"{block}.bn2").relu()
        y = normed(file.conv(y, f"{block}.conv3", out, bias=False), f"{block}.bn3")
        x = (above + y).relu()
        yield x


def answer(file: File, image: Tensor) -> Tensor:
    """Image (B,3,H,W) in [0,1], sides multiples of 32 -> what the published program predicts, (B,1,H,W)."""
    small = file.kind == "small"
    mean, std = (torch.tensor(x).view(3, 1, 1) for x in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    maps = list((efficientnet if small else resnext)(file, (image - mean) / std))
    x = torch.zeros(())
    for index in (4, 3, 2, 1):
        width = file.features * (2 ** (index - 1) if small else 1)
        name = f"scratch.refinenet{index}"
        finer = file.conv(maps[index - 1], f"scratch.layer{index}_rn", width, 3, bias=False)
        refined = _unit(file, finer, f"{name}.resConfUnit1")  # of the deepest it is in the file, and not used
        x = finer if index == 4 else x + refined
        x = F.interpolate(_unit(file, x, f"{name}.resConfUnit2"), scale_factor=2, mode="bilinear", align_corners=True)
        if small:
            x = file.conv(x, f"{name}.out_conv", width if index == 1 else width // 2)
    x = file.conv(x, "scratch.output_conv.0", file.features // 2, 3)
    x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
    x = file.conv(x, "scratch.output_conv.2", 32, 3).relu()
    return file.conv(x, "scratch.output_conv.4", 1).relu()


def _unit(file: File, x: Tensor, name: str) -> Tensor:
    """The large network's first ReLU works in place, so what is added went through it, too."""
    width, above = x.shape[1], x.relu()
    y = file.conv(file.conv(above, f"{name}.conv1", width, 3).relu(), f"{name}.conv2", width, 3)
    return y + (x if file.kind == "small" else above)
