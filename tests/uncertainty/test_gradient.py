"""The gradient engine: hand-computed maps, a second implementation, degenerate maps."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradunc.models.depth import DepthModel
from gradunc.types import DepthPrediction
from gradunc.uncertainty import GradientUncertainty
from gradunc.uncertainty.references import Reference
from tests.uncertainty.networks import (
    Branches,
    Chain,
    Pyramid,
    WithVariance,
    added_gradients,
    convolution,
    flipped_depth,
    integer_network,
    noise,
    row,
)


class TestByHand:
    """Red 1,2,3 -> features 0,1,2 (left neighbour) and 1,2,3; depth -2,-3,-4; reference 0,-1,-6.

    Difference -2,-2,2 over 3 pixels: loss 4, dL/dd = -4/3,-4/3,4/3; times the head's weights 1 and -2.
    """

    @pytest.mark.parametrize(
        ("channels", "expected"),
        [
            ("max", [8 / 3, 8 / 3, 4 / 3]),
            ("absmax", [8 / 3, 8 / 3, 8 / 3]),
            ("mean", [2 / 3, 2 / 3, -2 / 3]),
            ("sum", [4 / 3, 4 / 3, -4 / 3]),
            ("norm", [4 / 3 * 5**0.5] * 3),
        ],
    )
    def test_flip(self, channels: str, expected: list[float]) -> None:
        estimate = GradientUncertainty(integer_network(), ["features"], channels=channels).estimate(row(1, 2, 3))

        assert estimate.depth.flatten().tolist() == [-2.0, -3.0, -4.0]
        assert estimate.loss.tolist() == [4.0]
        torch.testing.assert_close(estimate.uncertainty.flatten(), torch.tensor(expected))
        torch.testing.assert_close(estimate.layers["features"].flatten(), torch.tensor(expected))

    def test_flip_with_mask(self) -> None:
        mask = torch.tensor([True, True, False]).view(1, 1, 1, 3)
        estimate = GradientUncertainty(integer_network(), ["features"]).estimate(row(1, 2, 3), mask=mask)

        assert estimate.loss.tolist() == [4.0]  # (4 + 4) / 2
        assert estimate.uncertainty.flatten().tolist() == [4.0, 4.0, 0.0]  # dL/dd = -2,-2,0
        assert torch.equal(estimate.valid, mask)

    def test_flip_through_relu(self) -> None:
        # Features 0,1,2 and 1,2,3 as above, the first one minus 1 -> relu 0,0,1: depth -2,-4,-5.
        # Mirrored: left neighbours 0,3,2 -> -1,2,1 -> 0,2,1; depth -6,-2,-1; mirrored back -1,-2,-6.
        # Difference -1,-2,1: loss 2, dL/dd = 2/3 (-1,-2,1). First feature: 0 where relu is shut; second: -2 dL/dd.
        model = integer_network(nn.ReLU())
        model.features.bias = nn.Parameter(torch.tensor([-1.0, 0.0]))
        estimate = GradientUncertainty(model, ["features"], channels="sum").estimate(row(1, 2, 3))

        assert estimate.loss.tolist() == [2.0]
        torch.testing.assert_close(estimate.uncertainty.flatten(), torch.tensor([4 / 3, 8 / 3, 2 / 3 - 4 / 3]))

    def test_gray(self) -> None:
        # Depth 10 red, reference 2.989 red: difference 7.011 red; dL/d feature = 5 * 2 * 7.011 red / 2 pixels.
        model = Chain(convolution([[[[2]], [[0]], [[0]]]]), convolution([[[[5]]]]))
        estimate = GradientUncertainty(model, ["features"], reference="gray").estimate(row(1, 0.5))

        torch.testing.assert_close(estimate.loss, torch.tensor([7.011**2 * 1.25 / 2]))
        torch.testing.assert_close(estimate.uncertainty.flatten(), torch.tensor([35.055, 17.5275]))

    def test_gray_with_mask(self) -> None:
        model = Chain(convolution([[[[2]], [[0]], [[0]]]]), convolution([[[[5]]]]))
        mask = torch.tensor([False, True]).view(1, 1, 1, 2)
        estimate = GradientUncertainty(model, ["features"], reference="gray").estimate(row(1, 0.5), mask=mask)

        torch.testing.assert_close(estimate.loss, torch.tensor([(7.011 / 2) ** 2]))
        torch.testing.assert_close(estimate.uncertainty.flatten(), torch.tensor([0.0, 35.055]))

    def test_minmax_and_several_layers(self) -> None:
        # Layer "features" (max): 8/3, 8/3, 4/3 -> 1,1,0. Layer "head": dL/dd = -4/3,-4/3,4/3 -> 0,0,1. Std: 1/2.
        model, image = integer_network(), row(1, 2, 3)
        single = GradientUncertainty(model, ["features"], normalize="minmax").estimate(image)
        both = GradientUncertainty(model, ["features", "head"]).estimate(image)

        assert single.uncertainty.flatten().tolist() == [1.0, 1.0, 0.0]
        torch.testing.assert_close(both.uncertainty.flatten(), torch.full((3,), 0.5))
        torch.testing.assert_close(both.layers["head"].flatten(), torch.tensor([-4 / 3, -4 / 3, 4 / 3]))

    def test_variance_weight(self) -> None:
        # Pixelwise network: flip gives the same depth, loss = w mean exp(2h); d/dh = 2 w exp(2h) / 2 pixels.
        estimate = GradientUncertainty(WithVariance(), ["features"], variance_weight=3.0).estimate(
            row(0, 2 * math.log(2))
        )

        torch.testing.assert_close(estimate.loss, torch.tensor([3 * (1 + 4) / 2]))
        torch.testing.assert_close(estimate.uncertainty.flatten(), torch.tensor([3.0, 12.0]))

    def test_variance_counts_kept_pixels_only(self) -> None:
        mask = torch.tensor([True, False]).view(1, 1, 1, 2)
        estimator = GradientUncertainty(WithVariance(), ["features"], variance_weight=3.0)
        estimate = estimator.estimate(row(0, 400), mask=mask)  # exp(400) is infinite

        assert estimate.loss.tolist() == [3.0]
        assert estimate.uncertainty.flatten().tolist() == [6.0, 0.0]

    def test_own_parts_are_used(self) -> None:
        def absolute(prediction: DepthPrediction, reference: Tensor, keep: Tensor | None) -> Tensor:
            return (prediction.depth - reference).abs().flatten(1).sum(1)

        class Zero:
            def __call__(self, predict: Any, image: Tensor, inputs: dict[str, Any], *, seed: int) -> Reference:
                assert not torch.is_grad_enabled()
                return Reference(torch.full_like(image[:, :1], float(seed)), image[:, :1] > 1)

        estimator = GradientUncertainty(
            integer_network(),
            ["features", "head"],
            reference=Zero(),
            loss=absolute,
            channels=lambda gradient: gradient[:, :1],
            across_layers=lambda maps: maps[0] + 10 * maps[1],
            seed=-3,
        )
        estimate = estimator.estimate(row(1, 2, 3))

        # Depth -2,-3,-4 against -3: gradient 1,0,-1 in both layers, scaled to 1,0.5,0.
        assert estimate.loss.tolist() == [2.0]
        torch.testing.assert_close(estimate.uncertainty.flatten(), torch.tensor([11.0, 5.5, 0.0]))
        assert estimate.valid.flatten().tolist() == [False, True, True]

    def test_mask_and_the_references_own_validity_are_joined(self) -> None:
        class Unknown:
            def __call__(self, predict: Any, image: Tensor, inputs: dict[str, Any], *, seed: int) -> Reference:
                depth = torch.tensor([math.nan, 0.0, 0.0]).view(1, 1, 1, 3)
                return Reference(depth, depth.isfinite())

        mask = torch.tensor([True, True, False]).view(1, 1, 1, 3)
        estimate = GradientUncertainty(integer_network(), ["head"], Unknown()).estimate(row(1, 2, 3), mask=mask)

        assert estimate.loss.tolist() == [9.0]
        assert estimate.uncertainty.flatten().tolist() == [0.0, -6.0, 0.0]
        assert estimate.valid.flatten().tolist() == [False, True, False]


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

        assert torch.equal(estimate.uncertainty, expected.uncertainty)
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
        model, image = Pyramid(inplace), noise(3, 13, 22)

        assert torch.equal(GradientUncertainty(model, layers, chunk=3).estimate(image).depth, model(image).depth)


class TestDegenerate:
    def test_flip_symmetric_network_gives_zeros(self) -> None:
        class Symmetric(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.inner = Pyramid()

            def forward(self, image: Tensor) -> DepthPrediction:
                return DepthPrediction((self.inner(image).depth + self.inner(image.flip(-1)).depth.flip(-1)) / 2)

        class Wrapped(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.symmetric, self.gain = Symmetric(), nn.Conv2d(1, 1, 1)

            def forward(self, image: Tensor) -> DepthPrediction:
                return DepthPrediction(self.gain(self.symmetric(image).depth))

        estimator = GradientUncertainty(Wrapped(), ["gain"], normalize="minmax")
        estimate = estimator.estimate(noise(2, 8, 8))

        assert torch.equal(estimate.uncertainty, torch.zeros(2, 1, 8, 8))
        assert estimate.loss.tolist() == [0.0, 0.0]
        assert estimate.valid.all()

    def test_constant_gradient_becomes_zeros_with_minmax_and_stays_without(self) -> None:
        def total(prediction: DepthPrediction, reference: Tensor, keep: Tensor | None) -> Tensor:
            return prediction.depth.flatten(1).sum(1)

        raw = GradientUncertainty(integer_network(), ["head"], loss=total).estimate(row(1, 2, 3))
        scaled = GradientUncertainty(integer_network(), ["head"], loss=total, normalize="minmax").estimate(row(1, 2, 3))

        assert raw.uncertainty.flatten().tolist() == [1.0, 1.0, 1.0]
        assert scaled.uncertainty.flatten().tolist() == [0.0, 0.0, 0.0]

    @pytest.mark.parametrize("layers", [["block"], ["block", "fuse"]])
    def test_image_without_any_kept_pixel(self, layers: list[str]) -> None:
        mask = torch.ones(2, 1, 8, 8, dtype=torch.bool)
        mask[1] = False
        estimate = GradientUncertainty(Pyramid(), layers, variance_weight=0.0, chunk=2).estimate(
            noise(2, 8, 8), mask=mask
        )

        assert estimate.loss[0] > 0
        assert estimate.loss[1] == 0
        assert torch.equal(estimate.valid, mask)
        assert estimate.uncertainty.isfinite().all()
        assert not estimate.layers["block"][1].any()

    @pytest.mark.parametrize("wild", [math.nan, math.inf])
    def test_wild_depth_outside_the_mask_does_not_matter(self, wild: float) -> None:
        class Sky(nn.Module):
            def __init__(self, sky: float) -> None:
                super().__init__()
                self.inner, self.head, self.sky = integer_network(), convolution([[[[1]]]]), sky

            def forward(self, image: Tensor) -> DepthPrediction:
                offset = torch.where(image[:, 1:2] > 0, self.sky, 0.0)
                return DepthPrediction(self.head(self.inner(image).depth) + offset)

        image = row(1, 2, 3, 4)
        image[0, 1, 0, 1:3] = 1.0  # mirror-symmetric, so that the reference is wild at the same pixels
        mask = image[:, 1:2] == 0
        layers = ["head", "inner.features"]
        expected = GradientUncertainty(Sky(0.0), layers).estimate(image, mask=mask)
        estimate = GradientUncertainty(Sky(wild), layers).estimate(image, mask=mask)

        assert expected.loss.item() > 0
        assert torch.equal(estimate.uncertainty, expected.uncertainty)
        assert torch.equal(estimate.loss, expected.loss)
        assert torch.equal(estimate.valid, mask)

    @pytest.mark.parametrize("normalize", ["none", "minmax"])
    def test_scores_that_are_not_finite_are_not_valid(self, normalize: str) -> None:
        # Red -1 makes the square root, and with it the gradient, NaN at this pixel only.
        class Root(nn.Module):
            def forward(self, x: Tensor) -> Tensor:
                return x[:, :1].sqrt() + x[:, 1:]

        model = Chain(integer_network().features, Root())
        image = torch.cat([row(1, 2, -1, 4, 3, 7), row(1, 2, 3, 4, 3, 7)])
        mask = torch.tensor([True, True, True, False, True, True]).view(1, 1, 1, 6).expand(2, 1, 1, 6)

        def total(prediction: DepthPrediction, reference: Tensor, keep: Tensor | None) -> Tensor:
            return prediction.depth.flatten(1).sum(1)

        estimator = GradientUncertainty(model, ["features"], loss=total, channels="sum", normalize=normalize)
        estimate = estimator.estimate(image)
        # The first feature is the LEFT neighbour: 0 in column 0 (infinite slope), -1 in column 3 (NaN).
        expected = [False, True, True, False, True, True]

        assert estimate.valid[0].flatten().tolist() == expected
        assert estimate.valid[1].flatten().tolist() == [False, True, True, True, True, True]
        assert torch.equal(estimate.valid, estimate.uncertainty.isfinite())
        assert torch.equal(estimator.estimate(image, mask=mask).valid, estimate.valid & mask)
