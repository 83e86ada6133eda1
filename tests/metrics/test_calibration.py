"""Calibration: by hand, against scipy, and on errors that are drawn from the deviations themselves."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from gradunc.errors import InputError
from gradunc.metrics.calibration import LEVELS, coverage, ence, gaussian_nll, interval_error

PAIRS = st.lists(st.tuples(st.floats(-10, 10), st.floats(0.01, 10)), min_size=1, max_size=60)


def sides(pairs: list[tuple[float, float]]) -> tuple[torch.Tensor, torch.Tensor]:
    error, sigma = torch.tensor(pairs, dtype=torch.float64).T
    return error, sigma


def drawn(factor: float) -> tuple[torch.Tensor, torch.Tensor]:
    """100,000 errors whose true deviation is `factor` times the stated one."""
    draw = np.random.default_rng(0)
    sigma = draw.uniform(0.1, 3, 100_000)
    return torch.from_numpy(factor * sigma * draw.normal(size=len(sigma))), torch.from_numpy(sigma)


@given(PAIRS)
def test_likelihood_and_intervals_are_those_of_scipy(pairs: list[tuple[float, float]]) -> None:
    error, sigma = sides(pairs)
    e, s = error.numpy(), sigma.numpy()
    assert float(gaussian_nll(error, sigma)) == pytest.approx(-norm.logpdf(e, scale=s).mean(), rel=1e-12)
    shares = [(np.abs(e) / s <= norm.ppf((1 + level) / 2)).mean() for level in LEVELS]
    assert float(interval_error(error, sigma)) == pytest.approx(np.abs(np.array(shares) - LEVELS).mean(), abs=1e-12)
    assert float(coverage(error, sigma)) == pytest.approx(shares[-1], abs=1e-12)


@given(PAIRS)
def test_neither_order_nor_unit_count(pairs: list[tuple[float, float]]) -> None:
    error, sigma = sides(pairs)
    for measure in (ence, interval_error, coverage):
        found = float(measure(error, sigma))
        assert float(measure(error.flip(0), sigma.flip(0))) == pytest.approx(found, rel=1e-12, abs=1e-15)
        assert float(measure(-4 * error, 4 * sigma)) == pytest.approx(found, rel=1e-12, abs=1e-15)
    assert float(gaussian_nll(error, sigma)) == pytest.approx(float(gaussian_nll(-error.flip(0), sigma.flip(0))))


def test_ence_by_hand() -> None:
    """Deviations 1, 1 and 2, 2: RMSE sqrt(5) and 2. All in one bin: mean variance 10, mean squared error 3."""
    sigma = torch.tensor([7.0, 2.0, 1.0, 1.0, 2.0, 1.0])
    error = torch.tensor([0.0, -2.0, 1.0, 3.0, 2.0, 0.0])
    assert float(ence(error[1:5], sigma[1:5], bins=2)) == pytest.approx((5**0.5 - 1) / 2)
    assert float(ence(error, sigma, bins=1)) == pytest.approx(1 - 0.3**0.5)


def test_ence_in_bins_of_equal_count_is_that_of_numpy() -> None:
    error, sigma = drawn(1.7)
    order = np.argsort(sigma.numpy())
    parts = [np.split(side.numpy()[order], 20) for side in (sigma, error)]
    rmv, rmse = (np.array([np.sqrt((one**2).mean()) for one in part]) for part in parts)
    assert float(ence(error, sigma)) == pytest.approx((np.abs(rmv - rmse) / rmv).mean(), rel=1e-12)


def test_equal_deviations_are_one_bin() -> None:
    """However the pixels are ordered: RMSE sqrt(2) against 1."""
    error = torch.tensor([0.0, 0.0, 0.0, 0.0, 2.0, 2.0, 2.0, 2.0])
    assert float(ence(error, torch.ones(8))) == pytest.approx(2**0.5 - 1)


@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0])
def test_a_factor_is_found(factor: float) -> None:
    """Sampling errors of 100,000 draws are below 0.01; closed forms of a deviation that is wrong by a factor."""
    error, sigma = drawn(factor)
    shares = [2 * norm.cdf(norm.ppf((1 + level) / 2) / factor) - 1 for level in LEVELS]
    assert float(ence(error, sigma)) == pytest.approx(abs(factor - 1), abs=0.02)
    assert float(interval_error(error, sigma)) == pytest.approx(np.abs(np.array(shares) - LEVELS).mean(), abs=0.01)
    assert float(coverage(error, sigma)) == pytest.approx(shares[-1], abs=0.005)


def test_the_right_deviation_has_the_best_likelihood() -> None:
    error, sigma = drawn(1.0)
    right = gaussian_nll(error, sigma)
    assert right < gaussian_nll(error, 0.9 * sigma)
    assert right < gaussian_nll(error, 1.1 * sigma)


@pytest.mark.parametrize("measure", [gaussian_nll, ence, interval_error, coverage])
@pytest.mark.parametrize("wrong", [torch.ones(2), torch.ones(3, 1)])
def test_what_does_not_fit_is_refused(measure, wrong) -> None:
    for error, sigma in ((torch.ones(3), wrong), (torch.ones(0), torch.ones(0))):
        with pytest.raises(InputError, match="1-D of one length"):
            measure(error, sigma)
