"""Difference to the mirrored prediction, by hand."""

from typing import Literal

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from gradunc.types import QUANTITIES, DepthPrediction, OutputSpace
from gradunc.uncertainty.posthoc.flip import FlipDifference, blended
from tests.uncertainty.networks import convolution, row


class LeftNeighbour(nn.Module):
    """Depth = red of the left neighbour, 0 beyond the border; mirrored: red of the right one."""

    def __init__(self, quantity: Literal["depth", "disparity"] = "depth") -> None:
        super().__init__()
        self.output_space = OutputSpace(quantity)
        self.features = convolution([[[[1, 0, 0]], [[0, 0, 0]], [[0, 0, 0]]]])

    def forward(self, image: torch.Tensor) -> DepthPrediction:
        return DepthPrediction(self.features(image))


@pytest.mark.parametrize("quantity", ["depth", "disparity"])
def test_by_hand(quantity):
    # Plain: 0 1 2 4, mirrored: 2 4 8 0; so the differences are 2 3 6 4.
    model = LeftNeighbour(quantity)
    estimate = FlipDifference(model, quantity).estimate(row(1.0, 2.0, 4.0, 8.0))
    assert estimate.depth.flatten().tolist() == [0.0, 1.0, 2.0, 4.0]
    torch.testing.assert_close(estimate.uncertainty.flatten(), torch.tensor([2.0, 3.0, 6.0, 4.0]) / 2**0.5)
    assert estimate.valid.all()


def test_in_another_quantity():
    # 1 / 0.001 where depth is 0: beyond the border.
    estimate = FlipDifference(LeftNeighbour()).estimate(row(1.0, 2.0, 4.0, 8.0))
    expected = torch.tensor([1000 - 1 / 2, 1 - 1 / 4, 1 / 2 - 1 / 8, 1000 - 1 / 4]) / 2**0.5
    torch.testing.assert_close(estimate.uncertainty.flatten(), expected)


class Shifted(nn.Module):
    """As `LeftNeighbour`, without products of infinity and 0."""

    def forward(self, image: torch.Tensor) -> DepthPrediction:
        return DepthPrediction(F.pad(image[:, :1, :, :-1], (1, 0)))


@pytest.mark.parametrize("space", QUANTITIES)
def test_infinite_depth_has_no_score(space):
    image = row(1.0, 2.0, float("inf"), 4.0, 5.0)
    estimate = FlipDifference(Shifted(), space).estimate(image)
    # Plain: 0 1 2 inf 4, mirrored: 2 inf 4 5 0.
    assert estimate.valid.flatten().tolist() == [True, False, True, False, True]


def test_the_published_blend():
    """At l = 0, 0.025, 0.05, 0.075, 0.1 the mirrored one has the weight 1, 1, 1, 3/4, 1/2; symmetric on the right."""
    width = 41
    own, other = torch.zeros(1, 1, 1, width), torch.ones(1, 1, 1, width)
    weight = blended(own, other).flatten()
    expected = torch.full((width,), 0.5)
    expected[:5] = torch.tensor([1.0, 1.0, 1.0, 0.75, 0.5])
    expected[-5:] = torch.tensor([0.5, 0.25, 0.0, 0.0, 0.0])
    torch.testing.assert_close(weight, expected)


def test_blending_changes_the_depth_and_not_the_score():
    image = row(*torch.linspace(1, 2, 41).tolist())
    plain, mixed = (FlipDifference(LeftNeighbour(), "depth", blend=blend).estimate(image) for blend in (False, True))
    assert torch.equal(plain.uncertainty, mixed.uncertainty)
    own = plain.depth
    other = LeftNeighbour()(image.flip(-1)).depth.flip(-1)
    torch.testing.assert_close(mixed.depth, blended(own, other))
    assert mixed.depth[..., 20].item() == pytest.approx((own[..., 20] + other[..., 20]).item() / 2)


def test_blending_in_disparity():
    model = LeftNeighbour()
    image = row(*torch.linspace(1, 2, 41).tolist())
    mixed = FlipDifference(model, "disparity", blend=True).estimate(image).depth[..., 20].item()
    own, other = image[0, 0, 0, 19].item(), image[0, 0, 0, 21].item()
    assert mixed == pytest.approx(2 / (1 / own + 1 / other))
