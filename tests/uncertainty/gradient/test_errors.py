"""The gradient engine: what it refuses, in which words."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.models import DepthModel
from gradunc.types import DepthPrediction
from gradunc.uncertainty import GradientUncertainty
from tests.uncertainty.networks import (
    Chain,
    Pyramid,
    convolution,
    fingerprint,
    noise,
)


class TestErrors:
    @pytest.mark.parametrize(
        ("keywords", "message"),
        [
            ({"layers": ["block", 7]}, "layer 7 does not exist; the model has layers 0 to 4, see list_layers"),
            (
                {"layers": ["blocks"]},
                "the model has no layer 'blocks'; nearest: block; .*layers='auto' chooses one",
            ),
            ({"reference": "flpi"}, r"unknown reference 'flpi'; did you mean 'flip'\? \(choices: .*gray"),
            ({"loss": "square"}, r"unknown loss 'square'; did you mean 'squared'\?"),
            ({"channels": "nrom"}, r"unknown channels 'nrom'; did you mean 'norm'\?"),
            ({"across_layers": "sdt"}, r"unknown across_layers 'sdt'; did you mean 'std'\?"),
            ({"normalize": "min-max"}, r"unknown normalize 'min-max'; did you mean 'minmax'\?"),
            (
                {"layers": ["block", "fuse"], "normalize": "none"},
                "normalize='none' needs a single layer; gradients of several layers have no common unit",
            ),
            ({"chunk": 0}, "chunk=0 must be a whole number of images, at least 1"),
            ({"reference": "none"}, "reference='none' leaves the variance term alone; set variance_weight, published"),
            ({"layer_weights": [1.0]}, "layer_weights needs across_layers='weighted'"),
            (
                {"layers": ["block", "fuse"], "across_layers": "weighted", "layer_weights": [1.0]},
                r"layer_weights=\[1.0\] must be 2 numbers >= 0, one for each of: block, fuse",
            ),
            ({"across_layers": "weighted", "layer_weights": [-1.0]}, r"layer_weights=\[-1.0\] must be 1 numbers"),
            ({"across_layers": "weighted", "layer_weights": [0.0]}, r"layer_weights=\[0.0\] must be 1 numbers"),
        ],
    )
    def test_at_construction(self, keywords: dict[str, Any], message: str) -> None:
        with pytest.raises(InputError, match=message):
            GradientUncertainty(Pyramid(), **({"layers": ["block"]} | keywords))

    @pytest.mark.parametrize(
        ("layer", "message"),
        [
            ("decoder.heads.1", r"layer 'decoder.heads.1' was never reached by the forward pass"),
            ("decoder.uncertainty_heads.0", "layer 'decoder.uncertainty_heads.0' does not influence the depth"),
            ("encoder", "layer 'encoder' returns a list, not a tensor; choose one inside it"),
            ("decoder", "layer 'decoder' returns a Logits, not a tensor; choose one inside it"),
        ],
    )
    def test_layers_without_a_gradient(self, depth_model: DepthModel, layer: str, message: str) -> None:
        before = fingerprint(depth_model)
        for layers in ([layer], ["decoder.blocks.6.conv", layer]):
            with pytest.raises(InputError, match=message):
                GradientUncertainty(depth_model, layers).estimate(noise(1, 64, 96))

        assert fingerprint(depth_model) == before

    def test_the_uncertainty_head_has_a_gradient_once_its_variance_counts(self, depth_model: DepthModel) -> None:
        layer = "decoder.uncertainty_heads.0"
        estimate = GradientUncertainty(depth_model, [layer], variance_weight=2.0).estimate(noise(1, 64, 96))
        log_scale = depth_model(noise(1, 64, 96)).log_scale.detach()

        torch.testing.assert_close(estimate.uncertainty, 2 * 2 * (2 * log_scale).exp() / (64 * 96))

    def test_a_layer_that_runs_twice(self) -> None:
        with pytest.raises(InputError, match="layer 'activation' runs twice in one forward pass"):
            GradientUncertainty(Pyramid(), ["activation"]).estimate(noise(1, 8, 8))

    def test_a_layer_that_gives_no_map(self) -> None:
        model = Chain(nn.Flatten(1), nn.Sequential(nn.Unflatten(1, (3, 4, 5)), convolution([[[[1]], [[1]], [[1]]]])))

        with pytest.raises(
            InputError, match=r"shape \(1, 60\); \(B,C,h,w\) maps or \(B,N,C\) tokens of an image of 4x5"
        ):
            GradientUncertainty(model, ["features"], "gray").estimate(noise(1, 4, 5))

    def test_variance_without_a_head(self) -> None:
        with pytest.raises(InputError, match="needs a network with an uncertainty head; set variance_weight=0"):
            GradientUncertainty(Pyramid(), ["block"], variance_weight=2.0).estimate(noise(1, 8, 8))

    def test_weights_of_inference_mode(self) -> None:
        with torch.inference_mode():
            model = Pyramid()
        estimator = GradientUncertainty(model, ["block"])

        with pytest.raises(InputError, match=r"'stem.0.weight' was created under torch.inference_mode"):
            estimator.estimate(noise(1, 8, 8))

    def test_bad_image_and_mask(self) -> None:
        estimator = GradientUncertainty(Pyramid(), ["block"])

        with pytest.raises(InputError, match=r"image must be \(B,3,H,W\) float in \[0,1\], but is \(3, 8, 8\)"):
            estimator.estimate(noise(1, 8, 8)[0])
        with pytest.raises(InputError, match=r"image must be .* torch.uint8; divide 8-bit images by 255"):
            estimator.estimate(noise(1, 8, 8).byte())
        with pytest.raises(InputError, match=r"is a str; gradunc.predict\(source, model\) takes files, PIL images"):
            estimator.estimate("photo.png")  # pyright: ignore[reportArgumentType]
        with pytest.raises(InputError, match=r"mask must be \(1, 1, 8, 8\) bool"):
            estimator.estimate(noise(1, 8, 8), mask=torch.ones(1, 1, 8, 8))

    def test_a_network_that_returns_no_prediction(self) -> None:
        class Bare(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.head = nn.Conv2d(3, 1, 1)

            def forward(self, image: Tensor) -> DepthPrediction:
                return DepthPrediction(self.head(image)[..., ::2, ::2])

        with pytest.raises(InputError, match=r"must return .* depth \(1, 1, 8, 8\), but gave \(1, 1, 4, 4\)"):
            GradientUncertainty(Bare(), ["head"], reference="gray").estimate(noise(1, 8, 8))
