"""Networks of transformers that are known by their names only: asked as they are, once the rest is said."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from transformers import DPTImageProcessor

from gradunc import GradientUncertainty, InputError, OutputSpace, adapt_huggingface, load_model
from gradunc.models import export_model
from gradunc.models.adapters.huggingface.adapt import depth_classes
from gradunc.models.adapters.huggingface.classes import CLASSES
from tests.models.adapters import huggingface_networks as networks
from tests.uncertainty.networks import noise

METRIC = OutputSpace("depth", "metric")
MEAN, STD = (0.42, 0.411, 0.296), (0.213, 0.156, 0.143)
unknown = pytest.mark.parametrize("make", [networks.chmv2, networks.tipsv2])


def test_the_library_lists_those_that_are_known() -> None:
    others = {type(make()).__name__ for make in (networks.chmv2, networks.tipsv2)}
    assert set(CLASSES) | others <= set(depth_classes())
    assert not others & set(CLASSES)


@unknown
def test_depth_is_what_the_network_predicts(make: Callable[[], nn.Module]) -> None:
    network = make()
    model = adapt_huggingface(network, mean=MEAN, std=STD, output_space=METRIC)
    image = noise(2, 2 * model.multiple, 3 * model.multiple)
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (MEAN, STD))
    with torch.no_grad():
        expected = network((image - mean) / std).predicted_depth[:, None]
        if expected.shape[-2:] != image.shape[-2:]:
            expected = 1 / F.interpolate(1 / expected, image.shape[-2:], mode="bilinear", align_corners=False)
        torch.testing.assert_close(model(image).depth, expected, rtol=1e-6, atol=0)
        assert model(noise(1, 61, 75)).depth.shape == (1, 1, 61, 75)


@unknown
def test_layers_are_searched(make: Callable[[], nn.Module]) -> None:
    model = adapt_huggingface(make(), mean=MEAN, std=STD, output_space=METRIC)
    estimator = GradientUncertainty(model, "auto")
    estimate = estimator.estimate(noise(1, 2 * model.multiple, 2 * model.multiple))
    assert estimator.layers
    assert estimate.uncertainty.isfinite().all()
    assert estimate.uncertainty.max() > estimate.uncertainty.min()


def test_nothing_is_assumed() -> None:
    with pytest.raises(InputError, match=r"not what it predicts; give output_space="):
        adapt_huggingface(networks.chmv2(), mean=MEAN, std=STD)
    with pytest.raises(InputError, match=r"not how its images are normalised; give mean= and std="):
        adapt_huggingface(networks.chmv2(), output_space=METRIC)


def test_folders(tmp_path: Path) -> None:
    folder = tmp_path / "net"
    networks.chmv2().save_pretrained(folder)  # pyright: ignore[reportCallIssue]
    with pytest.raises(InputError, match=r"set head=depth \(metres\) or head=disparity"):
        load_model(folder)
    with pytest.raises(InputError, match=r"net has no preprocessor_config\.json, which says how .* are normalised"):
        load_model(folder, head="depth")
    DPTImageProcessor(image_mean=MEAN, image_std=STD, size={"height": 64, "width": 96}).save_pretrained(folder)
    with pytest.warns(UserWarning, match="CHMv2ForDepthEstimation is known by its name only: its layers are searched"):
        loaded = load_model(folder, head="depth")
    expected = adapt_huggingface(networks.chmv2(), mean=MEAN, std=STD, output_space=METRIC)
    again = load_model(export_model(loaded, tmp_path / "export"))
    image = noise(1, 64, 96)
    with torch.no_grad():
        for one in (loaded, again):
            torch.testing.assert_close(one(image).depth, expected(image).depth, rtol=0, atol=0)


def test_a_name_that_the_library_does_not_know(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"architectures": ["FutureForDepthEstimation"], "model_type": "future"}')
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(InputError, match=r"a FutureForDepthEstimation, which transformers .* does not know as a depth"):
        load_model(tmp_path)
