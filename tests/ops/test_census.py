"""Census error by loops over single pixels."""

import math

import pytest
import torch
from torch import Tensor

from gradunc.ops.census import census_error
from tests.losses.helpers import random


def by_loops(a: Tensor, b: Tensor) -> list[list[float]]:
    """The error of one image (3,H,W), pixel by pixel, in the words of the definition."""

    def sign(image: Tensor, y: int, x: int, dy: int, dx: int) -> float:
        height, width = image.shape[-2:]
        there = image[:, min(max(y + dy, 0), height - 1), min(max(x + dx, 0), width - 1)].tolist()
        grey = [255 * (0.299 * r + 0.587 * g + 0.114 * b) for r, g, b in (there, image[:, y, x].tolist())]
        difference = grey[0] - grey[1]
        return difference / math.sqrt(0.81 + difference**2)

    def error(y: int, x: int) -> float:
        around = [(dy, dx) for dy in range(-3, 4) for dx in range(-3, 4) if (dy, dx) != (0, 0)]
        squares = [(sign(a, y, x, *step) - sign(b, y, x, *step)) ** 2 for step in around]
        return sum(square / (0.1 + square) for square in squares) / 48

    return [[error(y, x) for x in range(a.shape[2])] for y in range(a.shape[1])]


def test_by_loops() -> None:
    a, b = random(0, 1, 3, 5, 6), random(1, 1, 3, 5, 6)
    found = census_error(a.double(), b.double())
    assert found.shape == (1, 1, 5, 6)
    assert torch.allclose(found[0, 0], torch.tensor(by_loops(a[0].double(), b[0].double())).double(), atol=1e-6)


def test_exposure_changes_little_and_order_much() -> None:
    image = random(0, 1, 3, 16, 16)
    assert float(census_error(image, image).max()) == pytest.approx(0, abs=1e-6)
    assert float(census_error(image, 0.5 * image + 0.3).mean()) < 0.02
    assert float(census_error(image, 1 - image).mean()) > 0.9


def test_the_gradient_of_equal_and_of_flat_images_is_finite() -> None:
    for image in (random(0, 1, 3, 8, 8), torch.full((1, 3, 8, 8), 0.5)):
        a = image.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(census_error(a, image).mean(), a)
        assert gradient.isfinite().all()
