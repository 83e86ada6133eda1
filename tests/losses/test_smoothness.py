import math

import pytest
import torch

from gradunc.losses.smoothness import Smoothness, smoothness
from tests.losses.helpers import inputs, prediction, random


def ramp() -> torch.Tensor:
    """(1,1,3,4) disparity 1 2 3 4 in every row: mean 2.5, neighbours differ by 1."""
    return torch.arange(1.0, 5.0).expand(1, 1, 3, 4).clone()


def test_ramp_under_a_flat_image() -> None:
    assert float(smoothness(ramp(), torch.full((1, 3, 3, 4), 0.5))) == pytest.approx(1 / 2.5, rel=1e-6)


def test_an_image_edge_pays_for_a_step() -> None:
    image = torch.zeros(1, 3, 3, 4)
    image[..., 2:] = torch.tensor([0.3, 0.6, 0.9]).view(1, 3, 1, 1)
    # Of three gaps the middle one lies on the edge, whose mean height over channels is 0.6.
    expected = (2 + math.exp(-0.6)) / 3 / 2.5
    assert float(smoothness(ramp(), image)) == pytest.approx(expected, rel=1e-6)


def test_both_directions_count_and_the_scale_of_disparity_does_not() -> None:
    image = random(0, 2, 3, 4, 4)
    disparity = random(1, 2, 1, 4, 4) + 0.1
    turned = smoothness(disparity.transpose(2, 3), image.transpose(2, 3))
    assert float(turned) == pytest.approx(float(smoothness(disparity, image)), rel=1e-6)
    assert float(smoothness(7 * disparity, image)) == pytest.approx(float(smoothness(disparity, image)), rel=1e-5)
    assert float(smoothness(torch.full((2, 1, 4, 4), 3.0), image)) == 0


def test_every_coarser_scale_weighs_half() -> None:
    scales = tuple(random(scale, 1, 1, 16 // 2**scale, 32 // 2**scale) + 0.1 for scale in range(4))
    image = random(9, 1, 3, 16, 32)
    given = inputs(prediction(*scales), image=image)
    for scale in range(4):
        size = 2**scale
        # Area resizing is the mean of size x size pixels.
        coarse = image.unfold(2, size, size).unfold(3, size, size).mean((-2, -1))
        expected = float(smoothness(scales[scale], coarse)) / 2**scale
        assert float(Smoothness()(given, scale).value) == pytest.approx(expected, rel=1e-5)
