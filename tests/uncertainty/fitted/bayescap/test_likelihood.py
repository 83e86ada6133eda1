"""The generalised Gaussian, against SciPy and closed forms."""

import numpy as np
import pytest
import torch
from scipy.optimize import brentq
from scipy.special import digamma, gamma
from scipy.stats import gennorm

from gradunc.uncertainty.fitted.bayescap.likelihood import LARGEST_POWER, paper, released, std

BETAS = [0.3, 0.7, 1.0, 1.5, 2.0, 4.0, 9.0]


@pytest.mark.parametrize("beta", BETAS)
def test_the_likelihood_is_that_of_scipy(beta):
    error = torch.linspace(-2, 2, 41, dtype=torch.float64)
    alpha = torch.tensor([0.4, 1.0, 3.0], dtype=torch.float64)[:, None].expand(3, 41)
    expected = -gennorm.logpdf(error.numpy(), beta, scale=alpha.numpy())
    expected = expected + 0 * alpha.numpy()
    found = paper(error.expand(3, 41), 1 / alpha, torch.full_like(alpha, beta))
    inside = (error.abs() / alpha) ** beta < LARGEST_POWER
    inside &= error.abs() > 1e-6
    np.testing.assert_allclose(found[inside], expected[inside], rtol=1e-9)


def test_beyond_the_largest_power_it_grows_with_the_logarithm():
    """(100/1)^2 = 10^4 = 10 times the top: 10^3 (1 + log 10), continued with the same slope in the logarithm."""
    one = torch.ones(1, dtype=torch.float64)
    at = paper(100 * one, one, 2 * one) - paper(0 * one, one, 2 * one)
    assert float(at) == pytest.approx(1e3 * (1 + np.log(10)), rel=1e-4)


@pytest.mark.parametrize("beta", BETAS)
def test_the_standard_deviation_is_that_of_scipy(beta):
    found = std(torch.tensor([1 / 0.7], dtype=torch.float64), torch.tensor([beta], dtype=torch.float64))
    assert float(found) == pytest.approx(gennorm.std(beta, scale=0.7), rel=1e-9)


def test_a_gaussian_and_a_laplace_distribution_in_closed_form():
    """beta = 2: alpha^2 / 2; beta = 1: 2 alpha^2."""
    alpha = torch.tensor([0.2, 5.0])
    torch.testing.assert_close(std(1 / alpha, torch.full((2,), 2.0)).square(), alpha.square() / 2)
    torch.testing.assert_close(std(1 / alpha, torch.full((2,), 1.0)).square(), 2 * alpha.square())


def test_the_released_loss_by_hand():
    """|e| beta / alpha = 0.5 * 2 * 4 = 4 within the range; - log(2 * 4) + log Gamma(1/2), that is log sqrt(pi)."""
    found = released(torch.tensor([0.5, -1e9, 0.0]), torch.full((3,), 4.0), torch.full((3,), 2.0))
    rest = 0.5 * np.log(np.pi) - np.log(8)
    torch.testing.assert_close(found, torch.tensor([4 + rest, 1e3 + rest, 1e-4 + rest], dtype=torch.float32))


def test_gradients_are_finite_at_no_error_and_at_outliers():
    for error in (0.0, 1e-12, 1.0, 1e6):
        for beta in (0.1, 1.0, 8.0):
            given = [torch.tensor(value, requires_grad=True) for value in (error, 50.0, beta)]
            value = paper(*given)
            assert all(one.isfinite() for one in torch.autograd.grad(value, given)), (error, beta)


@pytest.mark.parametrize("beta", [0.8, 1.0, 2.0, 3.0])
def test_its_minimum_is_the_noise(beta):
    """|e| drawn with alpha(x) = 0.1 + 0.4 x: slope, offset and beta come back, and sigma within 3%."""
    x = np.random.default_rng(0).uniform(size=40_000)
    error = torch.from_numpy(gennorm.rvs(beta, scale=0.1 + 0.4 * x, random_state=1))
    place = torch.from_numpy(x)
    weights = torch.tensor([0.3, 0.1, 1.5], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=100, line_search_fn="strong_wolfe")

    def parts():
        return 1 / (weights[0].abs() + weights[1].abs() * place), weights[2].clamp_min(0.1).expand_as(place)

    def closure():
        optimizer.zero_grad()
        loss = paper(error, *parts()).mean()
        loss.backward()
        return loss

    optimizer.step(closure)
    assert float(weights[2].detach()) == pytest.approx(beta, rel=0.05)
    found = std(*parts()).detach().numpy()
    np.testing.assert_allclose(found, gennorm.std(beta) * (0.1 + 0.4 * x), rtol=0.03)


def constant_minimum(loss, error):
    """alpha and beta, alike for all errors, at which the mean loss is least."""
    weights = torch.tensor([1.0, 1.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=100, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        value = loss(error, *(one.abs().expand_as(error) for one in (1 / weights[0], weights[1]))).mean()
        value.backward()
        return value

    optimizer.step(closure)
    return weights.detach().abs()


@pytest.mark.parametrize("beta", [2.0, 1.0])
def test_released_finds_the_same_beta_whatever_the_errors_are(beta):
    """Gaussian and Laplace errors. With p = beta / alpha, the released loss is p mean |e| - log p + log Gamma(1/beta).

    Its minimum is at p = 1 / mean |e| and at 1/beta = 1.46163, where the digamma function is 0. That of the paper is
    the noise itself.
    """
    error = torch.from_numpy(gennorm.rvs(beta, scale=2**0.5 if beta == 2 else 1, size=100_000, random_state=0))
    inverse = brentq(digamma, 1, 2)
    alpha, found = constant_minimum(released, error)
    assert float(found) == pytest.approx(1 / inverse, rel=1e-3)
    expected = error.abs().mean() / inverse * (gamma(3 * inverse) / gamma(inverse)) ** 0.5
    torch.testing.assert_close(std(1 / alpha, found), expected, rtol=2e-3, atol=0)
    assert float(expected / error.std()) == pytest.approx(1.83 if beta == 2 else 2.30 / 1.42, rel=0.01)
    alpha, found = constant_minimum(paper, error)
    assert float(found) == pytest.approx(beta, rel=0.02)
    assert float(std(1 / alpha, found)) == pytest.approx(float(error.std()), rel=0.01)
