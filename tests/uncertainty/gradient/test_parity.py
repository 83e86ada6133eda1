"""Gradient maps of the published program (tests/golden/*.npz), through published weight files and `load_model`."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torchvision.models import resnet18

from gradunc.models.checkpoints import load_model
from gradunc.models.depth import DepthModel
from gradunc.uncertainty import GradientUncertainty
from tests.golden.inputs import fill, image

GOLDEN = Path(__file__).parents[2] / "golden"

DECODER_SHAPES = [
    *[(256, 512), (256, 512), (128, 256), (128, 256), (64, 128)],
    *[(64, 128), (32, 64), (32, 96), (16, 32), (16, 16)],
    *[(1, 16), (1, 32), (1, 64), (1, 128)],
]
"""Output and input channels of the fourteen published 3x3 convolutions."""


def published_encoder() -> dict[str, Any]:
    return {f"encoder.{key}": value for key, value in resnet18(weights=None).state_dict().items()}


def published_decoder() -> dict[str, torch.Tensor]:
    weights = {}
    for index, (out_channels, in_channels) in enumerate(DECODER_SHAPES):
        prefix = f"decoder.{index}.conv" + (".conv" if index < 10 else "")
        weights[f"{prefix}.weight"] = torch.empty(out_channels, in_channels, 3, 3)
        weights[f"{prefix}.bias"] = torch.empty(out_channels)
    return weights


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    extras = {"height": 96, "width": 320, "use_stereo": False}
    torch.save(fill(published_encoder()) | extras, folder / "encoder.pth")
    torch.save(fill(published_decoder()), folder / "depth.pth")
    return folder


@pytest.fixture(scope="module")
def models(published: Path) -> dict[str, DepthModel]:
    return {"selfsup": load_model(published), "supervised": load_model(published, output="depth")}


@pytest.mark.parametrize(
    ("network", "reference", "block", "channels", "seed"),
    [("selfsup", "flip", 6, "max", 1), ("selfsup", "gray", 4, "mean", 2), ("supervised", "flip", 6, "max", 3)],
)
def test_maps_agree_with_the_published_program(
    models: dict[str, DepthModel], network: str, reference: str, block: int, channels: str, seed: int
) -> None:
    expected = np.load(GOLDEN / f"{network}_{reference}_block{block}_{channels}.npz")
    estimator = GradientUncertainty(
        models[network], [f"decoder.blocks.{block}.conv"], reference, channels=channels, normalize="minmax"
    )
    estimate = estimator.estimate(image(seed))

    # The linear output crosses zero: there the tolerance is relative to the size of the map's values.
    near_zero = 1e-4 * np.abs(expected["depth"]).mean() if network == "supervised" else 0.0
    np.testing.assert_allclose(estimate.depth[0, 0], expected["depth"], rtol=1e-4, atol=near_zero)
    np.testing.assert_allclose(estimate.loss.item(), expected["loss"], rtol=1e-4)
    difference = np.abs(estimate.uncertainty[0, 0].numpy() - expected["uncertainty"])
    assert np.mean(difference <= 2e-4) >= 0.999
    assert difference.max() <= 2e-3


def test_the_published_sizes_and_layer_shapes(models: dict[str, DepthModel]) -> None:
    model = models["selfsup"]
    layers = GradientUncertainty(model, ["decoder.blocks.*.conv", "decoder.heads.0"]).estimate(image(1)).layers

    assert model.size == (96, 320)
    strides = (32, 16, 16, 8, 8, 4, 4, 2, 2, 1, 1)
    assert [tuple(m.shape) for m in layers.values()] == [(1, 1, 96 // s, 320 // s) for s in strides]


def test_defaults_are_the_published_ones(models: dict[str, DepthModel]) -> None:
    plain = GradientUncertainty(models["selfsup"])

    assert plain.layers == ("decoder.blocks.6.conv",)
    explicit = GradientUncertainty(
        models["selfsup"], ["decoder.blocks.6.conv"], "flip", "squared", "max", "std", normalize="none"
    )
    picture = image(1, 32, 64)
    assert torch.equal(plain.estimate(picture).uncertainty, explicit.estimate(picture).uncertainty)
