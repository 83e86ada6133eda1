"""Which layers `auto` and `coarse` take."""

import logging
from typing import Any

import pytest
import timm
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.models import ModelSettings, Monodepth2Settings, RTMonoDepthSSettings, build_model
from gradunc.models.families.adabins.settings import AdaBinsSettings
from gradunc.models.families.pixelformer.settings import PixelFormerSettings
from gradunc.types import DepthPrediction
from gradunc.uncertainty import GradientUncertainty, list_layers
from gradunc.uncertainty.gradient.listing import automatic_layers
from tests.models import swin_files
from tests.uncertainty.networks import Pyramid, assert_same, noise


@pytest.mark.parametrize(
    ("settings", "name", "shape"),
    [
        (Monodepth2Settings(size=[192, 640]), "decoder.blocks.6.conv", (32, 48, 160)),
        (Monodepth2Settings(size=[64, 96]), "decoder.blocks.6.conv", (32, 16, 24)),
        # Blocks 2i at 1/2^(4-i), 2i+1 twice that: block 4 is the last one at a quarter.
        (RTMonoDepthSSettings(size=[64, 96]), "decoder.blocks.4.conv", (32, 16, 24)),
    ],
)
def test_auto_is_the_published_block_or_its_analogue(
    settings: ModelSettings, name: str, shape: tuple[int, ...], caplog: Any
) -> None:
    model = build_model(settings)
    with caplog.at_level(logging.INFO, "gradunc"):
        estimator = GradientUncertainty(model, "auto")

    assert estimator.layers == (name,)
    assert f"layers=auto: {name} of EncoderDecoder" in caplog.text
    assert {row.name: row.shape for row in list_layers(model)}[name] == shape


@pytest.mark.parametrize(
    ("settings", "last"),
    [(Monodepth2Settings(encoder="lcnet_050", size=[64, 96]), 6), (RTMonoDepthSSettings(size=[64, 96]), 4)],
)
def test_coarse_is_every_block_until_a_quarter(settings: ModelSettings, last: int) -> None:
    model = build_model(settings)
    shapes = {row.name: row.shape for row in list_layers(model)}
    layers = GradientUncertainty(model, "coarse").layers

    assert layers == tuple(f"decoder.blocks.{i}.conv" for i in range(last + 1))
    assert all(shapes[name][1] <= 16 for name in layers)


def test_auto_without_a_size_is_found_at_the_first_estimate() -> None:
    # The last coarsest map is behind block (1/4). Then fuse (1/2, 5 channels) and head (1/2, but one channel only).
    model, image = Pyramid(), noise(2, 16, 24)
    estimator = GradientUncertainty(model, "auto")

    assert estimator.layers == ()
    found = estimator.estimate(image)
    assert estimator.layers == ("fuse",)
    assert_same(found, GradientUncertainty(model, "fuse").estimate(image))


def test_auto_with_further_inputs() -> None:
    class Scaled(Pyramid):
        def forward(self, image: Tensor, factor: Tensor) -> DepthPrediction:
            return DepthPrediction(super().forward(image).depth * factor.view(-1, 1, 1, 1))

    estimator = GradientUncertainty(Scaled(), "auto")
    estimator.estimate(noise(3, 16, 24), factor=torch.tensor([1.0, 2.0, 3.0]))

    assert estimator.layers == ("fuse",)


def test_auto_takes_the_nearest_resolution_if_there_is_no_quarter() -> None:
    class Coarse(nn.Module):
        """1/8, then an eighth and a half."""

        def __init__(self) -> None:
            super().__init__()
            self.down, self.eighth = nn.Conv2d(3, 4, 8, stride=8), nn.Conv2d(4, 4, 1)
            self.wide, self.thin = nn.Conv2d(4, 4, 1), nn.Conv2d(4, 1, 1)

        def forward(self, image: Tensor) -> DepthPrediction:
            x = F.interpolate(self.eighth(self.down(image)), scale_factor=4.0)
            return DepthPrediction(F.interpolate(self.thin(self.wide(x)), scale_factor=2.0))

    # Behind the bottleneck stand `wide` (1/2, four channels) and `thin` (1/2, one).
    assert automatic_layers(Coarse(), "auto", noise(1, 16, 24)) == ("wide",)


class Bins(nn.Module):
    """1/8, then features at a quarter, and the logits of five bins of depth there."""

    def __init__(self) -> None:
        super().__init__()
        self.down, self.features, self.logits = nn.Conv2d(3, 4, 8, stride=8), nn.Conv2d(4, 6, 1), nn.Conv2d(6, 5, 1)

    def forward(self, image: Tensor) -> DepthPrediction:
        shares = self.logits(self.features(F.interpolate(self.down(image), scale_factor=2.0))).softmax(1)
        depth = (shares * torch.arange(1.0, 6.0).view(1, 5, 1, 1)).sum(1, keepdim=True)
        return DepthPrediction(F.interpolate(depth, scale_factor=4.0))


@pytest.mark.parametrize(("choice", "expected"), [("auto", ("features",)), ("coarse", ("down", "features"))])
def test_logits_of_bins_are_no_features(choice: str, expected: tuple[str, ...]) -> None:
    assert automatic_layers(Bins(), choice, noise(1, 16, 24)) == expected


WINDOWS = {"transformer": swin_files.NAME, "features": 8, "attention_heads": 2}


@pytest.mark.parametrize(
    ("settings", "auto", "coarse"),
    [
        (
            AdaBinsSettings(encoder="lcnet_050", features=8, bins=16, patch=8, head="bins", size=[64, 96]),
            "decoder.ups.2.conv2",
            {f"decoder.ups.{level}.conv2" for level in range(3)},
        ),
        (
            PixelFormerSettings(**WINDOWS, bins=16, head="bins", size=[64, 96]),
            "decoder.skips.0.mlp.fc2",
            {f"decoder.skips.{level}.mlp.fc2" for level in range(4)},
        ),
    ],
    ids=["adabins", "pixelformer"],
)
def test_families_with_bins_are_read_in_front_of_them(
    settings: ModelSettings, auto: str, coarse: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(timm.models._registry._model_entrypoints, swin_files.NAME, swin_files.tiny_swin)
    model = build_model(settings)
    assert automatic_layers(model, "auto") == (auto,)
    assert {row.name: row.shape for row in list_layers(model)}[auto][1:] == (16, 24)
    found = set(automatic_layers(model, "coarse"))
    assert found >= coarse
    assert "decoder.ups.3.conv2" not in found
    assert not {name for name in found if name.startswith(("decoder.heads", "decoder.transformer"))}


def test_auto_on_a_network_without_maps() -> None:
    class Flat(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gain = nn.Linear(1, 1)

        def forward(self, image: Tensor) -> DepthPrediction:
            depth = self.gain(image[:, :1].reshape(-1, 1))
            return DepthPrediction(depth.view(len(image), 1, *image.shape[-2:]))

    with pytest.raises(InputError, match="Flat has no layer that gives a map and influences the depth"):
        automatic_layers(Flat(), "auto", noise(1, 4, 6))


def test_a_network_may_know_its_layer() -> None:
    model = Pyramid()
    model.auto_layer = "stem.0"

    assert GradientUncertainty(model, "auto").estimate(noise(1, 8, 8)).layers.keys() == {"stem.0"}


def test_auto_is_no_glob() -> None:
    with pytest.raises(InputError, match="the model has no layer 'auto'"):
        GradientUncertainty(Pyramid(), ["auto", "block"])
