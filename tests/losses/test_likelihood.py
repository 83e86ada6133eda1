import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gradunc.errors import InputError
from gradunc.losses import LossEngine
from gradunc.losses.likelihood import laplace
from tests.losses.helpers import inputs, prediction


def test_value_by_hand() -> None:
    value = laplace(torch.tensor([2.0, -3.0]), torch.tensor([0.0, math.log(3)]))
    assert float(value) == pytest.approx((2 + (1 + math.log(3))) / 2)


@settings(deadline=None)
@given(st.floats(0.01, 100))
def test_smallest_where_the_scale_is_the_error(error: float) -> None:
    h = torch.linspace(-7, 7, 14001, dtype=torch.float64)
    values = torch.stack([laplace(torch.tensor(error, dtype=torch.float64), x) for x in h[::100]])
    assert float(h[::100][values.argmin()]) == pytest.approx(math.log(error), abs=0.051)
    at = torch.tensor(math.log(error), dtype=torch.float64, requires_grad=True)
    laplace(torch.tensor(error, dtype=torch.float64), at).backward()
    assert at.grad is not None
    assert float(at.grad) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(("h", "clamped"), [(-50.0, -7.0), (50.0, 7.0)])
def test_extreme_scales_are_clamped(h: float, clamped: float) -> None:
    value = laplace(torch.tensor([2.0]), torch.tensor([h]))
    assert float(value) == pytest.approx(2 * math.exp(-clamped) + clamped, rel=1e-6)


def test_term_by_hand() -> None:
    truth = torch.tensor([[[[2.0, 0.0, 4.0]]]])
    depth, h = torch.tensor([[[[3.0, 5.0, 1.0]]]]), torch.tensor([[[[0.0, 3.0, math.log(2)]]]])
    total = LossEngine({"laplace": 1.0})(inputs(prediction(depth, log_scales=[h]), depth=truth, valid=truth > 0)).total
    assert float(total) == pytest.approx((1 + (1.5 + math.log(2))) / 2, rel=1e-6)


def test_a_network_without_uncertainty_head_is_refused() -> None:
    depth = torch.ones(1, 1, 1, 3)
    with pytest.raises(InputError, match=r"model\.uncertainty_head=true"):
        LossEngine({"laplace": 1.0})(inputs(prediction(depth), depth=depth, valid=depth > 0))
