import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gradunc.losses import LossEngine
from gradunc.losses.supervised import l1, silog
from tests.losses.helpers import inputs, prediction, random

NAMES = ("l1", "silog", "laplace")


def truth_with_gaps() -> tuple[torch.Tensor, torch.Tensor]:
    """Truth and mask: of (1,1,2,3) pixels four count, the others are 0, NaN."""
    truth = torch.tensor([[[[2.0, 0.0, 4.0], [torch.nan, 8.0, 16.0]]]])
    return truth, truth > 0


def test_l1_by_hand() -> None:
    assert float(l1(torch.tensor([1.0, 5.0]), torch.tensor([2.0, 2.0]))) == 2.0


@given(st.floats(0.05, 20), st.integers(2, 50))
def test_silog_of_a_wrong_scale_has_a_closed_form(factor: float, count: int) -> None:
    truth = torch.linspace(1, 80, count, dtype=torch.float64)
    # The constant under the root, 1e-12, is 1e-5 of the result at most.
    expected = 10 * math.sqrt(0.15) * abs(math.log(factor))
    assert float(silog(factor * truth, truth)) == pytest.approx(expected, rel=1e-6, abs=2e-5)


def test_silog_by_hand() -> None:
    prediction, truth = torch.tensor([math.e, 1.0, 1.0]), torch.ones(3)
    assert float(silog(prediction, truth)) == pytest.approx(10 * math.sqrt(1 / 3 - 0.85 / 9), rel=1e-6)


def test_silog_is_differentiable_at_a_perfect_fit_and_survives_negative_depth() -> None:
    for values in ([2.0, 3.0], [-1.0, 3.0]):
        depth = torch.tensor(values, requires_grad=True)
        silog(depth, torch.tensor([2.0, 3.0])).backward()
        assert depth.grad is not None
        assert depth.grad.isfinite().all()


def test_values_over_valid_pixels_by_hand() -> None:
    truth, valid = truth_with_gaps()
    depth = torch.tensor([[[[3.0, 9.0, 4.0], [9.0, 6.0, 20.0]]]])
    given = inputs(prediction(depth), image=torch.zeros(1, 3, 2, 3), depth=truth, valid=valid)
    assert float(LossEngine({"l1": 1.0})(given).total) == pytest.approx((1 + 0 + 2 + 4) / 4)
    e = torch.tensor([3 / 2, 1, 6 / 8, 20 / 16], dtype=torch.float64).log()
    expected = 10 * math.sqrt(float((e**2).mean() - 0.85 * e.mean() ** 2))
    assert float(LossEngine({"silog": 1.0})(given).total) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_invalid_truth_never_enters(name: str) -> None:
    truth, valid = truth_with_gaps()
    results = []
    for filler in (0.0, torch.nan, 1e6):
        depth = (random(0, 1, 1, 2, 3) + 1).requires_grad_()
        log_scale = random(1, 1, 1, 2, 3)
        given = inputs(prediction(depth, log_scales=[log_scale]), depth=torch.where(valid, truth, filler), valid=valid)
        total = LossEngine({name: 1.0})(given).total
        (gradient,) = torch.autograd.grad(total, depth)
        assert not gradient[~valid].any()
        assert gradient[valid].isfinite().all()
        results.append(float(total.detach()))
    assert math.isfinite(results[0])
    assert len(set(results)) == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_without_a_valid_pixel_costs_nothing(name: str) -> None:
    depth = random(0, 2, 1, 4, 6).requires_grad_()
    log_scale = random(1, 2, 1, 4, 6).requires_grad_()
    truth = torch.full((2, 1, 4, 6), torch.nan)
    given = inputs(prediction(depth, log_scales=[log_scale]), depth=truth, valid=torch.zeros(2, 1, 4, 6).bool())
    total = LossEngine({name: 1.0})(given).total
    assert float(total.detach()) == 0
    gradients = torch.autograd.grad(total, [depth, log_scale] if name == "laplace" else [depth])
    assert all(not gradient.any() for gradient in gradients), "zeros, and not None: DDP waits for every gradient"


def test_prediction_is_resized_to_a_finer_truth() -> None:
    depth = torch.tensor([[[[2.0, 6.0]]]])
    truth = torch.tensor([[[[2.0, 3.0, 5.0, 7.0]]]])
    given = inputs(prediction(depth), depth=truth, valid=truth > 0)
    # Half-pixel centres give 2, 3, 5, 6.
    assert float(LossEngine({"l1": 1.0})(given).total) == pytest.approx(0.25)
