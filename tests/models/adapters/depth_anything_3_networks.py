"""Tiny random networks of the package depth-anything-3, made of its own classes."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

NEEDED = ("depth_anything_3", "einops", "addict")
INSTALL = "pip install --no-deps depth-anything-3 einops addict"
needs_package = pytest.mark.skipif(
    any(find_spec(name) is None for name in NEEDED), reason=f"Depth Anything 3 is not installed: {INSTALL}"
)
CHANNELS, WIDTH = (8, 8, 16, 16), 24
"""Of the decoder's stages; of a token."""


def any_view() -> Any:
    """With camera decoder, rays and confidence; the last three of four blocks alternate between views."""
    with _package() as package, torch.random.fork_rng():
        torch.manual_seed(0)
        backbone = _backbone(package, alt_start=1, qknorm_start=1, rope_start=1, cat_token=True)
        head = package.dualdpt.DualDPT(2 * WIDTH, features=16, out_channels=CHANNELS)
        return package.da3.DepthAnything3Net(backbone, head, package.cam_dec.CameraDec(2 * WIDTH), nn.Identity()).eval()


def monocular() -> Any:
    """With sky, which about half of the pixels of noise are; the layout of da3mono and da3metric."""
    with _package() as package, torch.random.fork_rng():
        torch.manual_seed(1)
        head = package.dpt.DPT(WIDTH, features=16, out_channels=CHANNELS)
        network = package.da3.DepthAnything3Net(_backbone(package, cat_token=False), head).eval()
        last = head.scratch.sky_output_conv2[-1]
        last.weight.data *= 100
        with torch.no_grad():
            sky = network(torch.randn(1, 1, 3, 56, 84)).sky
            last.bias.data += 0.3 - sky[sky > 0].median()
        return network


class Published(nn.Module):
    """As the package's `DepthAnything3` holds a network, which needs all that the package depends on."""

    def __init__(self, network: nn.Module, model_name: str) -> None:
        super().__init__()
        self.model, self.model_name = network, model_name

    @torch.inference_mode()
    def forward(self, image: torch.Tensor) -> Any:
        raise AssertionError("it has no gradient")


@contextmanager
def _package() -> Iterator[Any]:
    """Its modules by name; without what old dependencies warn of when they are imported."""
    names = ("cam_dec", "da3", "dpt", "dualdpt", "dinov2.dinov2", "dinov2.vision_transformer")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        modules = [import_module(f"depth_anything_3.model.{name}") for name in names]
        import_module("depth_anything_3.utils.logger").logger.level = 0
        yield SimpleNamespace(**{one.__name__.rpartition(".")[2]: one for one in modules})


def _backbone(package: Any, **options: Any) -> nn.Module:
    """Four blocks in the place of the twelve or more of its presets."""
    backbone = package.dinov2.DinoV2.__new__(package.dinov2.DinoV2)
    nn.Module.__init__(backbone)
    backbone.out_layers = [0, 1, 2, 3]
    backbone.pretrained = package.vision_transformer.DinoVisionTransformer(
        img_size=56, patch_size=14, embed_dim=WIDTH, depth=4, num_heads=2, **options
    )
    return backbone
