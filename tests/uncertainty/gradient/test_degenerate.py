"""The gradient engine: maps without information, and values that are not finite."""

import math

import pytest
import torch
from torch import Tensor, nn

from gradunc.types import DepthPrediction
from gradunc.uncertainty import GradientUncertainty
from gradunc.uncertainty.gradient.losses import Comparison
from tests.uncertainty.networks import (
    Chain,
    Pyramid,
    convolution,
    integer_network,
    noise,
    row,
)


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
        def total(comparison: Comparison) -> Tensor:
            return comparison.depth.flatten(1).sum(1)

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

        def total(comparison: Comparison) -> Tensor:
            return comparison.depth.flatten(1).sum(1)

        estimator = GradientUncertainty(model, ["features"], loss=total, channels="sum", normalize=normalize)
        estimate = estimator.estimate(image)
        # The first feature is the LEFT neighbour: 0 in column 0 (infinite slope), -1 in column 3 (NaN).
        expected = [False, True, True, False, True, True]

        assert estimate.valid[0].flatten().tolist() == expected
        assert estimate.valid[1].flatten().tolist() == [False, True, True, True, True, True]
        assert torch.equal(estimate.valid, estimate.uncertainty.isfinite())
        assert torch.equal(estimator.estimate(image, mask=mask).valid, estimate.valid & mask)
