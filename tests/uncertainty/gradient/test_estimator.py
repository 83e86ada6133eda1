"""The gradient engine: hand-computed maps on integer networks."""

import math

import pytest
import torch
from torch import Tensor, nn

from gradunc.uncertainty import GradientUncertainty
from gradunc.uncertainty.gradient.losses import Comparison
from gradunc.uncertainty.gradient.references import Query, Reference
from tests.uncertainty.networks import (
    Chain,
    WithVariance,
    convolution,
    integer_network,
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
        def absolute(comparison: Comparison) -> Tensor:
            return (comparison.depth - comparison.reference[0]).abs().flatten(1).sum(1)

        def three(query: Query) -> Reference:
            assert not torch.is_grad_enabled()
            return Reference(torch.full_like(query.image[:, :1], -3.0), query.image[:, :1] > 1)

        estimator = GradientUncertainty(
            integer_network(),
            ["features", "head"],
            reference=three,
            loss=absolute,
            channels=lambda gradient: gradient[:, :1],
            across_layers=lambda maps: maps[0] + 10 * maps[1],
        )
        estimate = estimator.estimate(row(1, 2, 3))

        # Depth -2,-3,-4 against -3: gradient 1,0,-1 in both layers, scaled to 1,0.5,0.
        assert estimate.loss.tolist() == [2.0]
        torch.testing.assert_close(estimate.uncertainty.flatten(), torch.tensor([11.0, 5.5, 0.0]))
        assert estimate.valid.flatten().tolist() == [False, True, True]

    def test_mask_and_the_references_own_validity_are_joined(self) -> None:
        def unknown(query: Query) -> Reference:
            depth = torch.tensor([math.nan, 0.0, 0.0]).view(1, 1, 1, 3)
            return Reference(depth, depth.isfinite())

        mask = torch.tensor([True, True, False]).view(1, 1, 1, 3)
        estimate = GradientUncertainty(integer_network(), ["head"], unknown).estimate(row(1, 2, 3), mask=mask)

        assert estimate.loss.tolist() == [9.0]
        assert estimate.uncertainty.flatten().tolist() == [0.0, -6.0, 0.0]
        assert estimate.valid.flatten().tolist() == [False, True, False]
