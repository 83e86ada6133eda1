import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from gradunc.errors import InputError
from gradunc.losses import LossEngine
from gradunc.losses.likelihood import gaussian, laplace
from gradunc.own_uncertainty import OwnUncertainty
from tests.losses.helpers import inputs, prediction, random

DOUBLE = torch.float64
LIKELIHOODS = {"laplace": laplace, "gaussian": gaussian}


def row(*values: float) -> Tensor:
    return torch.tensor([[[values]]])


def total(loss: str, own: OwnUncertainty, depth: Tensor, told: Tensor, truth: Tensor) -> float:
    given = inputs(prediction(depth, told=[told]), own=own, depth=truth, valid=truth > 0)
    return float(LossEngine({loss: 1.0})(given).total)


def test_values_by_hand() -> None:
    error, h = torch.tensor([2.0, -3.0]), torch.tensor([0.0, math.log(3)])
    assert laplace(error, h).tolist() == pytest.approx([2, 1 + math.log(3)])
    assert gaussian(error, h).tolist() == pytest.approx([2, 0.5 + math.log(3)])


@pytest.mark.parametrize("name", LIKELIHOODS)
@settings(deadline=None)
@given(st.floats(0.01, 100))
def test_smallest_where_the_scale_is_the_error(name: str, error: float) -> None:
    value = torch.tensor(error, dtype=DOUBLE)
    h = torch.linspace(-7, 7, 141, dtype=DOUBLE)
    assert float(h[LIKELIHOODS[name](value, h).argmin()]) == pytest.approx(math.log(error), abs=0.051)
    at = torch.tensor(math.log(error), dtype=DOUBLE, requires_grad=True)
    LIKELIHOODS[name](value, at).backward()
    assert at.grad is not None
    assert float(at.grad) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_they_are_densities_but_for_a_constant(name: str) -> None:
    """exp(-value) over all errors integrates to the same number, whatever the scale is."""
    errors = torch.linspace(-400, 400, 800_001, dtype=DOUBLE)
    areas = [float(torch.trapezoid((-LIKELIHOODS[name](errors, h)).exp(), errors)) for h in torch.tensor([-1.0, 0, 2])]
    assert areas == pytest.approx([{"laplace": 2.0, "gaussian": math.sqrt(2 * math.pi)}[name]] * 3, rel=1e-5)


TRUTH, DEPTH, H = row(2, 0, 4), row(3, 5, 1), row(0, 3, math.log(2))


def test_terms_by_hand() -> None:
    assert total("laplace", OwnUncertainty("laplace"), DEPTH, H, TRUTH) == pytest.approx((1 + 1.5 + math.log(2)) / 2)
    # Errors 1 and -3 with sigma 1 and 2: 0.5 and 9/8 + log 2; beta 0.5 weights them by 1 and 2.
    own = OwnUncertainty("gaussian")
    assert total("gaussian", own, DEPTH, H, TRUTH) == pytest.approx((0.5 + 9 / 8 + math.log(2)) / 2)
    assert total("beta_nll", own, DEPTH, H, TRUTH) == pytest.approx((0.5 + 2 * (9 / 8 + math.log(2))) / 2)


@pytest.mark.parametrize(("h", "clamped"), [(-50.0, -7.0), (50.0, 7.0)])
def test_extreme_scales_are_clamped(h: float, clamped: float) -> None:
    own, told = OwnUncertainty("laplace"), torch.full_like(H, h)
    assert total("laplace", own, row(3, 1, 3), told, row(1, 0, 1)) == pytest.approx(2 * math.exp(-clamped) + clamped)


def test_far_disparity_has_room() -> None:
    """2% of 80 m are 2.5e-4 1/m: the head must be able to say so, and still have a gradient there."""
    error = 0.02 / 80
    told = torch.full((1, 1, 1, 1), math.log(error), requires_grad=True)
    given = inputs(
        prediction(row(1 / (1 / 80 + error)), told=[told]),
        own=OwnUncertainty("laplace", "disparity"),
        depth=row(80),
        valid=row(80) > 0,
    )
    value = LossEngine({"laplace": 1.0})(given).total
    assert float(value.detach()) == pytest.approx(1 + math.log(error), rel=1e-4)
    (2 * value).backward()
    assert told.grad is not None
    assert float(told.grad) == pytest.approx(0, abs=1e-3), "the smallest value, and not the end of the range"
    with torch.no_grad():
        told += 0.5
    (gradient,) = torch.autograd.grad(LossEngine({"laplace": 1.0})(given).total, told)
    assert float(gradient) > 0.1


def test_the_weight_of_beta_nll_is_a_constant() -> None:
    told = H.clone().requires_grad_()
    given = inputs(prediction(DEPTH, told=[told]), own=OwnUncertainty("gaussian"), depth=TRUTH, valid=TRUTH > 0)
    LossEngine({"beta_nll": 1.0})(given).total.backward()
    assert told.grad is not None
    # d/dh (e^2 exp(-2h) / 2 + h) = 1 - e^2 / sigma^2, times sigma, over two pixels.
    assert told.grad.flatten().tolist() == pytest.approx([(1 - 1) / 2, 0, 2 * (1 - 9 / 4) / 2])


def test_errors_are_in_the_quantity_of_the_head() -> None:
    zero = torch.zeros_like(H)
    found = [total("laplace", OwnUncertainty("laplace", q), DEPTH, zero, TRUTH) for q in ("disparity", "log_depth")]
    expected = [(abs(1 / 3 - 1 / 2) + abs(1 - 1 / 4)) / 2, (math.log(3 / 2) + math.log(4)) / 2]
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(("error", "expected"), [(0.0, 2 * math.log(2)), (1.0, 1.7210)])
def test_evidential_terms_by_hand(error: float, expected: float) -> None:
    """nu = alpha = beta = 1, but for the constants that keep them away from 0 and 1."""
    told = torch.tensor([math.log(math.e - 1), -40.0, math.log(math.e - 1)]).view(1, 3, 1, 1)
    own = OwnUncertainty("evidential")
    assert total("evidential", own, row(1), told, row(1 + error)) == pytest.approx(expected, abs=2e-3)
    assert total("evidential_regularizer", own, row(1), told, row(1 + error)) == pytest.approx(3 * error, abs=2e-3)


@pytest.mark.parametrize("own", [None, OwnUncertainty("gaussian")], ids=str)
def test_a_network_without_the_head_is_refused(own: OwnUncertainty | None) -> None:
    depth = torch.ones(1, 1, 1, 3)
    given = inputs(prediction(depth, told=[random(0, 1, 1, 1, 3)]), own=own, depth=depth, valid=depth > 0)
    with pytest.raises(InputError, match=r"model\.uncertainty_head=laplace"):
        LossEngine({"laplace": 1.0})(given)
