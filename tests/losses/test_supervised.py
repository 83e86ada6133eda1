import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gradunc.losses import TERMS, LossEngine
from gradunc.losses.supervised import berhu, eigen, l1, l2, silog
from tests.losses.helpers import inputs, prediction, random, with_head

NAMES = sorted(name for name, make in TERMS.items() if "depth" in make().needs and "bins" not in make().needs)
WITH_HEAD = {name for name in NAMES if TERMS[name]().head}
"""Likelihoods: a perfect prediction may cost something, and their mean is over the pixels of the batch."""


def truth_with_gaps() -> tuple[torch.Tensor, torch.Tensor]:
    """Truth and mask: of (1,1,2,3) pixels four count, the others are 0, NaN."""
    truth = torch.tensor([[[[2.0, 0.0, 4.0], [torch.nan, 8.0, 16.0]]]])
    return truth, truth > 0


def test_l1_by_hand() -> None:
    assert float(l1(torch.tensor([1.0, 5.0]), torch.tensor([2.0, 2.0]))) == 2.0


def test_l2_by_hand() -> None:
    assert float(l2(torch.tensor([1.0, 5.0]), torch.tensor([2.0, 2.0]))) == 5.0


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


def maps(*rows: list[float]) -> tuple[torch.Tensor, torch.Tensor]:
    """Errors of images of one row each, NaN = unknown, and what is kept: (B,1,1,W) twice."""
    values = torch.tensor(rows)[:, None, None]
    keep = ~values.isnan()
    return torch.where(keep, values, 0.0), keep


NAN = math.nan


@pytest.mark.parametrize(("invariance", "expected"), [(0.0, 5.0), (0.5, 5 - 0.5 * 4), (1.0, 5 - 4.0)])
def test_eigen_by_hand(invariance: float, expected: float) -> None:
    # Errors 1 and 3: mean of squares 5, square of the mean 4.
    assert float(eigen(*maps([1.0, 3.0, NAN]), invariance)) == pytest.approx(expected)


def test_eigen_is_averaged_over_the_images_that_have_truth() -> None:
    # 2^2 - 0.5 * 2^2 = 2 of the first, 4.5 - 0.5 * 2.25 = 3.375 of the second, the third knows nothing.
    error, keep = maps([NAN, 2.0], [0.0, 3.0], [NAN, NAN])
    assert float(eigen(error, keep, 0.5)) == pytest.approx((2 + 3.375) / 2)


@given(st.floats(0.05, 20))
def test_a_wrong_scale_costs_eigen_half_its_squared_logarithm_and_the_full_form_nothing(factor: float) -> None:
    truth = torch.linspace(1, 80, 12).view(1, 1, 3, 4)
    given = inputs(prediction(factor * truth), depth=truth, valid=truth > 0)
    half, full = (float(LossEngine({name: 1.0})(given).total) for name in ("eigen", "eigen_full"))
    assert half == pytest.approx(0.5 * math.log(factor) ** 2, rel=1e-4, abs=1e-6)
    assert full == pytest.approx(0, abs=1e-5)


def test_berhu_by_hand() -> None:
    # c = 0.2 * 5 = 1: |e| for 0.5 and 1, (4 + 1) / 2 for 2, (25 + 1) / 2 for -5.
    error, keep = maps([0.5, 1.0, 2.0, -5.0, NAN])
    loss = berhu(error.requires_grad_(), keep)
    assert float(loss.detach()) == pytest.approx((0.5 + 1 + 2.5 + 13) / 4)
    (gradient,) = torch.autograd.grad(loss, error)
    # sign(e) and e/c, over four pixels; c is a constant.
    assert gradient.flatten().tolist() == pytest.approx([0.25, 0.25, 0.5, -1.25, 0.0])


def test_the_threshold_of_berhu_is_that_of_the_image() -> None:
    # c = 1 and c = 0.2: (0.5 + 13) / 2 of the first image, (1 + 0.04) / 0.4 = 2.6 of the second.
    assert float(berhu(*maps([0.5, 5.0], [1.0, NAN]))) == pytest.approx((6.75 + 2.6) / 2)


@pytest.mark.parametrize("name", NAMES)
def test_a_perfect_prediction_has_a_finite_gradient(name: str) -> None:
    truth = 1 + random(0, 2, 1, 4, 6)
    depth = truth.clone().requires_grad_()
    total = LossEngine({name: 1.0})(with_head(name, depth, depth=truth, valid=truth > 1.2)).total
    (gradient,) = torch.autograd.grad(total, depth)
    assert gradient.isfinite().all()
    assert name in WITH_HEAD or float(total.detach()) == pytest.approx(0, abs=2e-5)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"l1", "l2", "silog"} - WITH_HEAD))
def test_the_loss_of_an_image_does_not_depend_on_the_others(name: str) -> None:
    depth, truth = 1 + random(0, 3, 1, 4, 6), 1 + random(1, 3, 1, 4, 6)
    valid = random(2, 3, 1, 4, 6) > 0.3

    def loss(rows: slice) -> float:
        return float(
            LossEngine({name: 1.0})(inputs(prediction(depth[rows]), depth=truth[rows], valid=valid[rows])).total
        )

    assert loss(slice(0, 3)) == pytest.approx(sum(loss(slice(i, i + 1)) for i in range(3)) / 3, rel=1e-5)


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
        given = with_head(name, depth, depth=torch.where(valid, truth, filler), valid=valid)
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
    truth = torch.full((2, 1, 4, 6), torch.nan)
    given = with_head(name, depth, depth=truth, valid=torch.zeros(2, 1, 4, 6).bool())
    total = LossEngine({name: 1.0})(given).total
    assert float(total.detach()) == 0
    gradients = torch.autograd.grad(total, [depth, *given.prediction.uncertainty_scales])
    assert all(not gradient.any() for gradient in gradients), "zeros, and not None: DDP waits for every gradient"


def test_prediction_is_resized_to_a_finer_truth() -> None:
    depth = torch.tensor([[[[2.0, 6.0]]]])
    truth = torch.tensor([[[[2.0, 3.0, 5.0, 7.0]]]])
    given = inputs(prediction(depth), depth=truth, valid=truth > 0)
    # Half-pixel centres give 2, 3, 5, 6.
    assert float(LossEngine({"l1": 1.0})(given).total) == pytest.approx(0.25)
