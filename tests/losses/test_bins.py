"""Chamfer distance of bins, by hand and against the table of all pairs."""

import math

import pytest
import torch
from torch import Tensor

from gradunc.losses import LossEngine, LossInputs
from gradunc.losses.bins import chamfer
from tests.losses.helpers import inputs, prediction, random

NAN = math.nan


def table(centres: Tensor, depths: Tensor) -> Tensor:
    """The same by all pairs."""
    squares = (centres[:, None] - depths[None]).square()
    return squares.amin(1).mean() + squares.amin(0).mean()


def binned(centres: Tensor, rows: list[list[float]]) -> LossInputs:
    """Bins (B,K) and images of one row each; NaN = unknown."""
    depth = torch.tensor(rows)[:, None, None]
    return inputs(prediction(torch.ones_like(depth), centres=centres), depth=depth, valid=~depth.isnan())


def test_both_directions_by_hand() -> None:
    # Centres 1 and 10: to the nearest depths 1 and 36. Depths 2, 3, 4: 1, 4, 9 from the first centre.
    found = chamfer(torch.tensor([1.0, 10.0]), torch.tensor([2.0, 3.0, 4.0]))
    assert float(found) == pytest.approx((1 + 36) / 2 + (1 + 4 + 9) / 3)


@pytest.mark.parametrize(("bins", "pixels"), [(1, 1), (1, 7), (9, 1), (16, 300)])
def test_sorted_neighbours_are_those_of_all_pairs(bins: int, pixels: int) -> None:
    centres = (80 * random(bins, bins)).requires_grad_()
    depths = 80 * random(pixels + 50, pixels)
    ours, expected = chamfer(centres, depths), table(centres, depths)
    assert float(ours.detach()) == pytest.approx(float(expected.detach()), rel=1e-5)
    gradients = [torch.autograd.grad(one, centres)[0] for one in (ours, expected)]
    assert torch.allclose(*gradients, rtol=1e-4, atol=1e-4)


def test_images_are_apart_and_only_known_depth_counts() -> None:
    # 1 + 1 of the first image, (0 + 4) / 2 + 0 of the second; the third knows nothing.
    centres = torch.tensor([[2.0, 4.0], [5.0, 7.0], [1.0, 2.0]]).requires_grad_()
    given = binned(centres, [[3.0, NAN], [5.0, 5.0], [NAN, NAN]])
    total, _, _, maps = LossEngine({"bin_chamfer": 1.0})(given)
    assert float(total.detach()) == pytest.approx((2 + 2) / 2)
    shown = maps["bin_distance"].flatten(1).nan_to_num(-1).tolist()
    assert shown == [[1.0, -1.0], [0.0, 0.0], [-1.0, -1.0]]
    (gradient,) = torch.autograd.grad(total, centres)
    # Of the first: each centre is half of its own direction, and (a tie) half of the pixel's. The second bin of the
    # second image is 2 m too far.
    assert gradient.flatten().tolist() == pytest.approx([-1.0, 1.0, 0.0, 1.0, 0.0, 0.0])


def test_nothing_known_costs_nothing() -> None:
    centres = torch.tensor([[2.0, 4.0]]).requires_grad_()
    total = LossEngine({"bin_chamfer": 1.0})(binned(centres, [[NAN, NAN]])).total
    assert float(total.detach()) == 0
    (gradient,) = torch.autograd.grad(total, centres)
    assert not gradient.any(), "zeros, and not None: DDP waits for every gradient"
