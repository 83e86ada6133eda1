"""A small network of every family, and of the choices within them: what the batteries run on."""

from typing import Any

import torch

from gradunc.models import FAMILIES, EncoderDecoder, ModelSettings, Monodepth2Settings, build_model
from gradunc.models.families.adabins.settings import AdaBinsSettings
from gradunc.models.families.depth_anything.settings import DepthAnythingSettings
from gradunc.models.families.dpt.settings import DPTSettings
from gradunc.models.families.family import settings_class
from tests.contracts.model_checks import Factory
from tests.models import swin_files
from tests.models.families import beit_files

SMALL_MONOVIT: dict[str, Any] = {
    "encoder_channels": [16, 16, 24, 32],
    "encoder_layers": [1, 2, 1, 1],
    "encoder_paths": [2, 1, 2, 1],
    "row_channels": [8, 8, 8, 16, 16, 24],
}
LCNET: dict[str, Any] = {"encoder": "lcnet_050", "size": [64, 96], "decoder_channels": [8] * 5}
SHALLOW: dict[str, Any] = {
    "transformer": "vit_tiny_patch16_224",
    "taps": [0, 1, 2, 3],
    "features": 8,
    "channels": [8] * 4,
    "size": [64, 96],
}
PYRAMID: dict[str, Any] = {"transformer": "lcnet_050", "taps": [], "features": 8, "size": [64, 96]}
SMALLER: dict[str, dict[str, Any]] = {
    "adabins": {
        "encoder": "lcnet_050",
        "features": 8,
        "bins": 16,
        "patch": 8,
        "head": "bins",
        "uncertainty_head": "laplace",
        "max_depth": 20.0,
        "initial_depth": 5.0,
    },
    "eigen": {"coarse_channels": [8] * 5, "global_features": 16, "fine_channels": 8, "uncertainty_head": "laplace"},
    "monodepth2": LCNET,
    "monovit": SMALL_MONOVIT,
    "lite_mono": {"variant": "lite-mono-tiny"},
    "depth_anything": {**SHALLOW, "head": "sigmoid_depth", "max_depth": 20.0, "initial_depth": 5.0},
    "dpt": {**SHALLOW, "head": "inverse", "max_depth": 80.0, "initial_depth": 10.0},
    "newcrfs": {
        "transformer": swin_files.NAME,
        "features": 8,
        "attention_heads": 2,
        "uncertainty_head": "laplace",
        "head": "sigmoid_depth",
        "max_depth": 20.0,
        "initial_depth": 5.0,
    },
    "pixelformer": {
        "transformer": swin_files.NAME,
        "features": 8,
        "attention_heads": 2,
        "head": "bins",
        "bins": 16,
        "uncertainty_head": "laplace",
        "max_depth": 20.0,
        "initial_depth": 5.0,
    },
}
"""For families whose defaults are large."""
VARIANTS: dict[str, ModelSettings] = {
    **{name: settings_class(name)(**{"size": [64, 96], **SMALLER.get(name, {})}) for name in FAMILIES},
    "relative head": DepthAnythingSettings(**SHALLOW, head="relative"),
    "pyramid of timm": DPTSettings(**PYRAMID, uncertainty_head="laplace"),
    "beit": DPTSettings(**{**SMALLER["dpt"], "transformer": beit_files.NAME, "taps": beit_files.BLOCKS}),
    "midas": DPTSettings(**PYRAMID, fusion="midas", head="relative"),
    "midas_small": DPTSettings(**PYRAMID, fusion="midas_small", uncertainty_head="laplace"),
    "resnet18": Monodepth2Settings(encoder="resnet18", size=[64, 96]),
    "linear head": Monodepth2Settings(**LCNET, head="depth", initial_depth=10.0),
    "uncertainty head": Monodepth2Settings(**LCNET, uncertainty_head="laplace", initial_depth=10.0),
    "evidential head": Monodepth2Settings(**LCNET, uncertainty_head="evidential", initial_depth=10.0),
    "reprojection head": Monodepth2Settings(**LCNET, uncertainty_head="reprojection"),
    "bins of a transformer": AdaBinsSettings(
        encoder="vit_tiny_patch16_224", features=8, bins=16, size=[64, 96], head="bins"
    ),
    "transformer": Monodepth2Settings(**(LCNET | {"encoder": "vit_tiny_patch16_224"})),
}
"""Every entry of the registry, and the choices within them."""


def factory(settings: ModelSettings) -> Factory:
    def make() -> EncoderDecoder:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            return build_model(settings)

    return make
