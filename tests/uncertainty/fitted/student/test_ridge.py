"""The closed form of the student against a dense least-squares solution."""

import pytest
import torch

from gradunc.uncertainty.fitted.moments import Moments
from gradunc.uncertainty.fitted.student.ridge import explained, ridge


def table(rows: int = 60, features: int = 5, seed: int = 0) -> torch.Tensor:
    """Correlated features of different size and level, and a target that they explain in part: (n,D+1)."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(rows, features, generator=generator, dtype=torch.float64)
    x = x @ torch.randn(features, features, generator=generator, dtype=torch.float64)
    x = x * torch.logspace(-2, 2, features, dtype=torch.float64) + 10
    y = x @ torch.linspace(-1, 1, features, dtype=torch.float64) + torch.randn(rows, generator=generator)
    return torch.cat([x, y[:, None]], 1)


def dense(rows: torch.Tensor, strength: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Least squares on standardised features with the rows of the ridge appended."""
    x, y = rows[:, :-1], rows[:, -1]
    mean, std = x.mean(0), x.std(0, correction=0)
    below = (len(x) * strength) ** 0.5 * torch.eye(x.shape[1], dtype=torch.float64)
    matrix = torch.cat([(x - mean) / std, below])
    found = torch.linalg.lstsq(matrix, torch.cat([y - y.mean(), y.new_zeros(x.shape[1])])[:, None]).solution[:, 0]
    return found / std, y.mean() - mean @ (found / std)


@pytest.mark.parametrize("strength", [0.0, 0.01, 3.0])
def test_it_is_the_dense_solution_whatever_the_parts_and_their_order(strength):
    rows = table()
    whole, parts = Moments(), [Moments(), Moments()]
    whole.add(rows)
    for number, part in enumerate(rows.flip(0).split(7)):
        parts[number % 2].add(part)
    expected = dense(rows, strength)
    for moments in (whole, parts[0].merged(parts[1]), parts[1].merged(parts[0])):
        for found, wanted in zip(ridge(moments, strength), expected, strict=True):
            torch.testing.assert_close(found, wanted, rtol=1e-8, atol=1e-9)


def test_what_it_explains_is_counted_on_the_rows():
    rows, moments = table(), Moments()
    moments.add(rows)
    weights, bias = ridge(moments, 0.01)
    left = rows[:, -1] - rows[:, :-1] @ weights - bias
    expected = 1 - float(left.square().mean() / rows[:, -1].var(correction=0))
    assert explained(moments, weights) == pytest.approx(expected, abs=1e-9)
    assert 0 < expected < 1


@pytest.mark.parametrize("strength", [0.0, 0.01])
def test_a_feature_that_does_not_vary_or_comes_twice_breaks_nothing(strength):
    rows = table(features=3)
    x, y = rows[:, :-1], rows[:, -1:]
    more, moments = torch.cat([x, x[:, :1], torch.full_like(y, 7.0), y], 1), Moments()
    moments.add(more)
    weights, bias = ridge(moments, strength)
    assert weights[-1] == 0
    torch.testing.assert_close(weights[3], weights[0])
    if strength == 0:
        wanted, level = dense(rows, 0.0)
        torch.testing.assert_close(weights[0] + weights[3], wanted[0], rtol=1e-6, atol=1e-8)
        torch.testing.assert_close(bias, level, rtol=1e-6, atol=1e-6)


def test_moments_are_those_of_all_rows():
    rows = 1e6 + table()
    one = Moments()
    for part in rows.split(13):
        one.add(part)
    one.add(rows[:0])
    torch.testing.assert_close(one.mean, rows.mean(0))
    torch.testing.assert_close(one.covariance(), rows.T.cov(), rtol=1e-9, atol=1e-6)
    torch.testing.assert_close(one.covariance(0), rows.T.cov(correction=0), rtol=1e-9, atol=1e-6)


def test_what_varies_by_rounding_has_no_weight():
    rows = table(features=3)
    steady = 300 * (1 + 2e-6 * torch.randn(len(rows), 1, dtype=rows.dtype, generator=torch.Generator().manual_seed(1)))
    plain, more = Moments(), Moments()
    plain.add(rows)
    more.add(torch.cat([steady, rows], 1))
    weights, bias = ridge(more, 0.01)
    expected, without = ridge(plain, 0.01)
    assert weights[0] == 0
    torch.testing.assert_close(weights[1:], expected)
    torch.testing.assert_close(bias, without)
