"""Outputs at a limit of the network's have no gradient: their uncertainty is unknown, and that is said once."""

import warnings
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.models import adapt
from gradunc.models.families.depth_anything.settings import DepthAnythingSettings
from gradunc.models.parts.heads import InverseHead, UpsampledHead
from gradunc.types import DepthPrediction, OutputSpace
from gradunc.uncertainty import GradientUncertainty
from gradunc.uncertainty.gradient.limits import limits_of, reacting
from tests.contracts.small_networks import SHALLOW, factory

DISPARITY, DEPTH = OutputSpace("disparity", "affine"), OutputSpace("depth", "affine")


class Clipped(nn.Module):
    """Red and half of its left neighbour, clipped."""

    def __init__(self, low: float, high: float) -> None:
        super().__init__()
        self.block = nn.Conv2d(3, 1, (1, 3), padding=(0, 1), bias=False)
        self.low, self.high = low, high
        with torch.no_grad():
            self.block.weight.zero_()
            self.block.weight[0, 0, 0] = torch.tensor([0.5, 1.0, 0.0])

    def forward(self, image: Tensor) -> Tensor:
        return (self.block(image) - 0.5).clamp(self.low, self.high)


def model(low: float, high: float, space: OutputSpace, **said: Any) -> nn.Module:
    return adapt(Clipped(low, high), DepthPrediction, space, mean=(0.0,) * 3, std=(1.0,) * 3, **said).eval()


def stripes() -> Tensor:
    """(1,3,4,8): a red of 0.2 in the left half, of 0.7 in the right one."""
    image = torch.full((1, 3, 4, 8), 0.2)
    image[..., 4:] = 0.7
    return image


@pytest.mark.parametrize(
    ("network", "columns"),
    [
        # Outputs of the eight columns: -0.3, -0.2 three times, 0.3, 0.55 three times.
        (model(0.0, 9.0, DISPARITY), [4, 5, 6, 7]),
        (model(-9.0, 9.0, DEPTH), [*range(8)]),
        (model(-9.0, 9.0, DISPARITY), [*range(8)]),
        (model(-0.2, 0.4, DEPTH, limits=(-0.2, 0.4)), [4]),
        (model(-9.0, 0.55, DEPTH, limits=(None, 0.55)), [0, 1, 2, 3, 4]),
    ],
)
def test_outputs_at_a_limit_are_unknown(network: nn.Module, columns: list[int]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimate = GradientUncertainty(network, "block").estimate(stripes())
    assert estimate.valid[0, 0].all(0).nonzero()[:, 0].tolist() == columns
    assert estimate.valid[0, 0].any(0).nonzero()[:, 0].tolist() == columns


def test_their_share_is_said_once() -> None:
    estimator = GradientUncertainty(model(0.0, 9.0, DISPARITY), "block")
    with pytest.warns(UserWarning, match=r"at 50.0% of the pixels .* at its limit \(0\), where nothing moves it"):
        estimator.estimate(stripes())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimator.estimate(stripes())


def test_half_precision_rounds_the_limit() -> None:
    network = model(-9.0, 172.71, DEPTH, limits=(None, 172.71))
    keep = reacting(network, torch.tensor([172.71, 172.0, 150.0], dtype=torch.bfloat16))
    assert keep is not None
    assert keep.tolist() == [False, False, True]


@pytest.mark.parametrize("limits", [0.0, (1.0, 0.0), (0.0,), (0.0, torch.nan), ("0", 1), (1.0, 1.0)])
def test_what_are_no_limits(limits: Any) -> None:
    with pytest.raises(InputError, match="must be the smallest and the largest output, None where there is none"):
        model(0.0, 1.0, DEPTH, limits=limits)


def test_who_says_what() -> None:
    assert limits_of(model(0, 1, DISPARITY)) == (0.0, None)
    assert limits_of(model(0, 1, DEPTH)) == (None, None)
    assert limits_of(model(0, 1, DEPTH, limits=(0.0, 1.0))) == (0.0, 1.0)
    assert UpsampledHead(InverseHead(80.0), 2).limits == (None, 80.0)
    metres = factory(DepthAnythingSettings(**SHALLOW, head="inverse", max_depth=80.0, initial_depth=10.0))()
    assert limits_of(metres) == (None, 80.0)
    assert limits_of(factory(DepthAnythingSettings(**SHALLOW, head="relative"))()) == (0.0, None)
