"""Losses of disparity up to a factor and a shift, by hand and against NumPy's least squares."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from gradunc.losses import TERMS, LossEngine, LossInputs
from gradunc.losses.affine import Disparities, half_mean_square, least_squares_residual, robust_residual, trimmed_mean
from gradunc.losses.matching import gradient_matching
from tests.losses.helpers import inputs, prediction, random

NAMES = ("ssi", "ssi_matching", "ssi_trimmed", "ssi_trimmed_matching")
NAN = math.nan


def disparity_inputs(disparity: Tensor, depth: Tensor, valid: Tensor) -> LossInputs:
    """Inputs of a network whose output is a disparity."""
    made = inputs(prediction(disparity), depth=depth, valid=valid)
    made.to_disparity = lambda activation: activation
    return made


def maps(predicted: list[list[float]], truth: list[list[float]]) -> Disparities:
    """Images of one row each; NaN = the truth is unknown."""
    v, true = torch.tensor(predicted)[:, None, None], torch.tensor(truth)[:, None, None]
    keep = ~true.isnan()
    return Disparities(torch.where(keep, v, 0.0), torch.where(keep, true, 0.0), keep)


def test_least_squares_by_hand() -> None:
    # v = 0, 1, 2 against 1, 1, 4: s = 3/2, t = 1/2, residuals -1/2, 1, -1/2.
    residual = least_squares_residual(maps([[0.0, 1.0, 2.0, 9.0]], [[1.0, 1.0, 4.0, NAN]]))
    assert residual.flatten().tolist() == pytest.approx([-0.5, 1.0, -0.5, 0.0])
    keep = torch.tensor([[[[True, True, True, False]]]])
    assert float(half_mean_square(residual, keep)) == pytest.approx(1.5 / 6)


def test_least_squares_of_numpy() -> None:
    v, truth, keep = random(0, 3, 1, 9, 7), 1 + random(1, 3, 1, 9, 7), random(2, 3, 1, 9, 7) > 0.4
    given = Disparities(torch.where(keep, v, 0.0), torch.where(keep, truth, 0.0), keep)
    residual = least_squares_residual(given)
    expected = []
    for i in range(3):
        x, y = v[i][keep[i]].double().numpy(), truth[i][keep[i]].double().numpy()
        design = np.stack([x, np.ones_like(x)], 1)
        left = design @ np.linalg.lstsq(design, y, rcond=None)[0] - y
        assert residual[i][keep[i]].numpy() == pytest.approx(left, abs=1e-5)
        expected.append((left**2).sum() / (2 * len(left)))
    assert float(half_mean_square(residual, keep)) == pytest.approx(np.mean(expected), rel=1e-5)


def test_normalised_maps_by_hand() -> None:
    # Medians 2 and 10, mean distances (1 + 0 + 3) / 3 = 4/3 and (5 + 0 + 10) / 3 = 5.
    residual = robust_residual(maps([[1.0, 2.0, 5.0, 7.0]], [[5.0, 10.0, 20.0, NAN]]))
    assert residual.flatten().tolist() == pytest.approx([-0.75 + 1, 0.0, 2.25 - 2, 0.0])


def test_the_largest_fifth_of_each_image_is_left_out() -> None:
    # Ten pixels, two of them left out; five known ones, one left out; nothing known.
    rows = [[float(i) for i in range(-4, 6)], [NAN, 50.0, 1.0, NAN, 2.0, NAN, -3.0, 4.0, NAN, NAN], [NAN] * 10]
    values = torch.tensor(rows)[:, None, None]
    keep = ~values.isnan()
    residual = torch.where(keep, values, 0.0).requires_grad_()
    loss = trimmed_mean(residual, keep)
    first, second = (4 + 3 + 2 + 1 + 0 + 1 + 2 + 3) / 20, (1 + 2 + 3 + 4) / 10
    assert float(loss.detach()) == pytest.approx((first + second) / 2)
    (gradient,) = torch.autograd.grad(loss, residual)
    assert int((gradient[1] != 0).sum()) == 4
    assert gradient[1, 0, 0, 1] == 0, "the outlier has no gradient"


@pytest.mark.parametrize("count", [1, 4, 5, 9, 10, 100])
def test_how_many_are_left_out(count: int) -> None:
    residual = torch.ones(1, 1, 1, count)
    assert float(trimmed_mean(residual, residual > 0)) == pytest.approx((count - count // 5) / (2 * count))


@pytest.mark.parametrize("name", NAMES)
def test_a_factor_and_a_shift_cost_nothing(name: str) -> None:
    depth = 1 + 9 * random(0, 2, 1, 8, 12)
    loss = LossEngine({name: 1.0})(disparity_inputs(3 / depth + 7, depth, random(1, 2, 1, 8, 12) > 0.3)).total
    assert float(loss) == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_a_factor_and_a_shift_change_nothing(name: str) -> None:
    depth, other = 1 + 9 * random(0, 2, 1, 8, 12), random(3, 2, 1, 8, 12)
    valid = random(1, 2, 1, 8, 12) > 0.3
    one, two = (
        float(LossEngine({name: 1.0})(disparity_inputs(maps, depth, valid)).total) for maps in (other, 0.2 * other + 4)
    )
    assert one > 1e-3
    assert two == pytest.approx(one, rel=1e-3)


def test_the_opposite_costs_nothing_in_least_squares_and_much_in_the_other() -> None:
    depth = 1 + 9 * random(0, 1, 1, 8, 12)
    given = disparity_inputs(5 - 1 / depth, depth, depth > 0)
    assert float(LossEngine({"ssi": 1.0})(given).total) == pytest.approx(0, abs=1e-6)
    assert float(LossEngine({"ssi_trimmed": 1.0})(given).total) > 0.3


@pytest.mark.parametrize("name", NAMES)
def test_a_constant_prediction_has_a_finite_gradient(name: str) -> None:
    depth = 1 + 9 * random(0, 2, 1, 8, 12)
    constant = torch.full_like(depth, 0.25).requires_grad_()
    (gradient,) = torch.autograd.grad(
        LossEngine({name: 1.0})(disparity_inputs(constant, depth, depth > 3)).total, constant
    )
    assert gradient.isfinite().all()


def test_matching_is_that_of_the_aligned_maps() -> None:
    v, depth = random(0, 1, 1, 16, 16), 1 + 9 * random(1, 1, 1, 16, 16)
    keep = depth > 2
    given = Disparities(torch.where(keep, v, 0.0), torch.where(keep, 1 / depth, 0.0), keep)
    expected = gradient_matching(robust_residual(given), keep)
    result = LossEngine({"ssi_trimmed_matching": 1.0})(disparity_inputs(v, depth, keep))
    assert float(result.total) == pytest.approx(float(expected), rel=1e-6)


def test_disparity_of_a_network_of_depth_is_its_inverse() -> None:
    depth, truth = 1 + random(0, 1, 1, 8, 8), 1 + random(1, 1, 1, 8, 8)
    inverse = disparity_inputs(1 / depth, truth, truth > 0)
    given = inputs(prediction(depth), depth=truth, valid=truth > 0)
    assert float(LossEngine({"ssi": 1.0})(given).total) == pytest.approx(
        float(LossEngine({"ssi": 1.0})(inverse).total), rel=1e-5
    )


def test_no_absolute_depth_is_asked_of_the_network() -> None:
    for name in NAMES:
        assert TERMS[name]().needs == {"disparity", "positive_depth"}
