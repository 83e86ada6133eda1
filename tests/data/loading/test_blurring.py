"""Gaussian blur of a width for each sample, against sums that are written out."""

import math
from typing import Any, cast

import pytest
import torch

from gradunc.data.loading.blurring import RADIUS, blur_views, blurred
from gradunc.types import Sample


def test_a_point_becomes_a_gaussian_of_each_width() -> None:
    views = torch.zeros(2, 3, 21, 25)
    views[:, :, 10, 12] = 1
    result = blur_views(views, torch.tensor([0.8, 1.7]))
    for i, width in enumerate((0.8, 1.7)):
        weight = [math.exp(-0.5 * (k / width) ** 2) for k in range(-RADIUS, RADIUS + 1)]
        expected = weight[RADIUS + 2] * weight[RADIUS - 1] / sum(weight) ** 2
        assert result[i, :, 12, 11].tolist() == pytest.approx([expected] * 3, rel=1e-4)
        assert float(result[i].sum()) == pytest.approx(3, rel=1e-4)


def test_a_constant_image_stays_constant_at_its_border() -> None:
    assert torch.allclose(blur_views(torch.full((1, 3, 9, 7), 0.3), torch.tensor([2.0])), torch.tensor(0.3))


def test_what_the_networks_see_is_blurred_where_chosen() -> None:
    image = torch.rand(2, 3, 9, 11, generator=torch.Generator().manual_seed(0))
    given = {"image": image, "augmented_image": image, "augmented_sources": image[:, None]}
    chosen = torch.tensor([False, True])
    result = cast("dict[str, Any]", blurred(cast(Sample, given), chosen, torch.tensor([0.5, 0.5])))
    assert result["image"].equal(image)
    assert result["augmented_image"][0].equal(image[0])
    assert torch.allclose(result["augmented_image"][1:], blur_views(image[1:], torch.tensor([1.05])))
    assert torch.allclose(result["augmented_sources"][:, 0], result["augmented_image"])
