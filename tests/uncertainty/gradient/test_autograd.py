"""The gradient engine: against ordinary autograd through the whole network."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from gradunc.models import DepthModel
from gradunc.types import DepthPrediction
from gradunc.uncertainty import GradientUncertainty
from tests.uncertainty.networks import (
    Branches,
    Chain,
    Pyramid,
    added_gradients,
    flipped_depth,
    noise,
)


class TestAgainstAutograd:
    LAYERS = ("stem.0", "stem.1", "block", "fuse", "head")

    @pytest.mark.parametrize("frozen", [True, False])
    @pytest.mark.parametrize("inplace", [True, False])
    def test_several_layers(self, frozen: bool, inplace: bool) -> None:
        model, plain = Pyramid(inplace).requires_grad_(not frozen), Pyramid(inplace=False)
        image = noise(2, 16, 24)
        expected = added_gradients(plain, self.LAYERS, image, flipped_depth(plain, image))
        estimate = GradientUncertainty(model, self.LAYERS, channels="sum", chunk=2).estimate(image)

        for name in self.LAYERS:
            torch.testing.assert_close(estimate.layers[name], expected[name].sum(1, keepdim=True))

    @pytest.mark.parametrize("frozen", [True, False])
    @pytest.mark.parametrize("names", [("left", "right"), ("right",)])
    def test_parallel_branches(self, frozen: bool, names: tuple[str, ...]) -> None:
        model, image = Branches().requires_grad_(not frozen), noise(1, 6, 7)
        expected = added_gradients(model, names, image, flipped_depth(model, image))
        estimate = GradientUncertainty(model, names, channels="max").estimate(image)

        for name in names:
            torch.testing.assert_close(estimate.layers[name], expected[name].amax(1, keepdim=True))

    @pytest.mark.parametrize("activation", [nn.ELU, nn.ReLU, nn.LeakyReLU])
    def test_in_place_activation_gives_the_gradient_before_it(self, activation: Callable[..., nn.Module]) -> None:
        image = noise(1, 8, 8)

        def network(inplace: bool) -> nn.Module:
            torch.manual_seed(1)
            return Chain(nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 1, 1), activation(inplace=inplace))

        expected = GradientUncertainty(network(False), ["features"], channels="sum").estimate(image)
        estimate = GradientUncertainty(network(True), ["features"], channels="sum").estimate(image)
        behind = GradientUncertainty(network(False), ["activation"], channels="sum").estimate(image)

        torch.testing.assert_close(estimate.uncertainty, expected.uncertainty)
        assert not torch.allclose(estimate.uncertainty, behind.uncertainty)

    def test_in_place_residual_after_the_layer(self) -> None:
        class Residual(nn.Module):
            def __init__(self, inplace: bool) -> None:
                super().__init__()
                torch.manual_seed(1)
                self.first, self.second = nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 3, 3, padding=1)
                self.inplace = inplace

            def forward(self, image: Tensor) -> DepthPrediction:
                x = self.first(image)
                y = self.second(x)
                if self.inplace:
                    y += x
                    y.mul_(y.sigmoid())
                else:
                    y = y + x
                    y = y * y.sigmoid()
                return DepthPrediction(y.sum(1, keepdim=True))

        image, names = noise(1, 8, 8), ("first", "second")
        plain = Residual(inplace=False)
        expected = added_gradients(plain, names, image, flipped_depth(plain, image))
        estimate = GradientUncertainty(Residual(inplace=True), names, channels="sum").estimate(image)

        for name in names:
            torch.testing.assert_close(estimate.layers[name], expected[name].sum(1, keepdim=True))

    def test_depth_model_with_its_own_layers(self, depth_model: DepthModel) -> None:
        image, names = noise(1, 64, 96), ("decoder.blocks.2.conv", "decoder.blocks.6.conv", "decoder.heads.0")
        expected = added_gradients(depth_model, names, image, flipped_depth(depth_model, image))
        estimate = GradientUncertainty(depth_model, names).estimate(image)

        for name in names:
            peak = float(expected[name].abs().max())
            torch.testing.assert_close(
                estimate.layers[name], expected[name].amax(1, keepdim=True), rtol=1e-4, atol=1e-5 * peak
            )

    @pytest.mark.parametrize("layers", [["stem.1"], ["block", "fuse"], ["head"]])
    @pytest.mark.parametrize("inplace", [True, False])
    def test_depth_is_bit_exact(self, layers: list[str], inplace: bool) -> None:
        # In this layout of the image, because the estimator may choose it and convolutions then round differently.
        model, image = Pyramid(inplace), noise(3, 13, 22).to(memory_format=torch.channels_last)

        assert torch.equal(GradientUncertainty(model, layers, chunk=3).estimate(image).depth, model(image).depth)
