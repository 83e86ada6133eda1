"""Depth, disparity and log depth of networks that predict either."""

import math

import pytest
import torch

from gradunc.types import QUANTITIES, OutputSpace
from gradunc.uncertainty.posthoc.spaces import back, into, unit

VALUES = torch.tensor([0.5, 4.0])


@pytest.mark.parametrize(
    ("quantity", "space", "expected"),
    [
        ("depth", "depth", [0.5, 4.0]),
        ("depth", "disparity", [2.0, 0.25]),
        ("depth", "log_depth", [math.log(0.5), math.log(4)]),
        ("disparity", "depth", [2.0, 0.25]),
        ("disparity", "disparity", [0.5, 4.0]),
        ("disparity", "log_depth", [math.log(2), math.log(0.25)]),
    ],
)
def test_into(quantity, space, expected):
    own = OutputSpace(quantity)
    torch.testing.assert_close(into(VALUES, own, space), torch.tensor(expected))
    torch.testing.assert_close(back(torch.tensor(expected), own, space), VALUES)


@pytest.mark.parametrize("space", QUANTITIES)
def test_depth_below_the_nearest_one(space):
    assert into(torch.tensor([-1.0, 0.0]), OutputSpace("depth"), space).isfinite().all()


def test_units():
    assert unit(OutputSpace("depth", "metric"), "depth") == "m"
    assert unit(OutputSpace("disparity", "metric"), "depth") == "m"
    assert unit(OutputSpace("disparity", "metric"), "log_depth") == "log depth"
    assert unit(OutputSpace("disparity", "affine"), "log_depth") == "arbitrary (up to affine)"
