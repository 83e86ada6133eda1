"""The depth of an image and of its mirrored image together, by hand."""

import pytest
import torch
from torch import Tensor

from gradunc.types import OutputSpace
from gradunc.uncertainty.passes import shared_passes
from gradunc.uncertainty.posthoc.flip import FlipDifference
from gradunc.uncertainty.posthoc.mirrored import mirrored_depth, together
from tests.uncertainty.networks import row
from tests.uncertainty.posthoc.test_flip import LeftNeighbour

WIDTH = 41


def both() -> tuple[Tensor, Tensor]:
    return torch.full((1, 1, 1, WIDTH), 2.0), torch.full((1, 1, 1, WIDTH), 4.0)


def test_mean_of_both_numbers() -> None:
    # Plain: 0 1 2 4, mirrored: 2 4 8 0.
    image, model = row(1.0, 2.0, 4.0, 8.0), LeftNeighbour()
    assert mirrored_depth(model, image, "mean").flatten().tolist() == [1.0, 2.5, 5.0, 2.0]
    assert mirrored_depth(model, image, "none").flatten().tolist() == [0.0, 1.0, 2.0, 4.0]


@pytest.mark.parametrize("space", [OutputSpace("depth", "metric"), OutputSpace("depth", "scale")])
def test_disparities_of_depths_are_blended(space: OutputSpace) -> None:
    depth = together(*both(), "blended", space).flatten()
    # In the middle 1 / mean(1/2, 1/4); the mirrored one at the left border, the plain one at the right.
    assert depth[[0, WIDTH // 2, -1]].tolist() == pytest.approx([4.0, 8 / 3, 2.0])


@pytest.mark.parametrize("space", [OutputSpace("disparity", "affine"), OutputSpace("depth", "affine")])
def test_numbers_up_to_a_shift_are_blended_as_they_are(space: OutputSpace) -> None:
    depth = together(*both(), "blended", space).flatten()
    assert depth[[0, WIDTH // 2, -1]].tolist() == pytest.approx([4.0, 3.0, 2.0])


def test_blended_is_the_depth_of_the_blended_flip_difference() -> None:
    image, model = 1 + torch.rand(2, 3, 5, 24, generator=torch.Generator().manual_seed(0)), LeftNeighbour()
    expected = FlipDifference(model, blend=True).estimate(image).depth
    torch.testing.assert_close(mirrored_depth(model, image, "blended"), expected)


def test_passes_are_shared_with_estimators() -> None:
    image, model = row(1.0, 2.0, 4.0, 8.0), LeftNeighbour()
    with shared_passes() as passes:
        FlipDifference(model).estimate(image)
        mirrored_depth(model, image, "mean")
    assert (passes.computed, passes.reused) == (2, 2)
