"""The evidence against the Student-t of SciPy, and its variances against samples."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from gradunc.ops.evidential import Evidence, evidence, negative_log_likelihood, regularizer


def random_evidence(count: int) -> tuple[torch.Tensor, Evidence]:
    draw = torch.Generator().manual_seed(0)

    def between(low: float, high: float) -> torch.Tensor:
        return (math.log(low) + (math.log(high / low)) * torch.rand(count, generator=draw, dtype=torch.float64)).exp()

    error = 5 * torch.randn(count, generator=draw, dtype=torch.float64)
    return error, Evidence(between(0.01, 20), 1 + between(0.01, 20), between(0.01, 20))


def test_equals_the_student_t() -> None:
    error, told = random_evidence(1000)
    nu, alpha, beta = (one.numpy() for one in told)
    expected = -stats.t.logpdf(error.numpy(), 2 * alpha, 0, np.sqrt(beta * (1 + nu) / (nu * alpha)))
    np.testing.assert_allclose(negative_log_likelihood(error, told).numpy(), expected, rtol=1e-9, atol=1e-9)


def test_published_points() -> None:
    one = torch.ones(2, dtype=torch.float64)
    error, told = torch.tensor([0.0, 1.0], dtype=torch.float64), Evidence(one, one, one)
    found = negative_log_likelihood(error, told).tolist()
    assert found == pytest.approx([2 * math.log(2), 1.7210], abs=5e-5)
    assert regularizer(error, told).tolist() == [0.0, 3.0]


def test_variances_are_those_of_samples() -> None:
    nu, alpha, beta = 2.0, 4.0, 6.0
    told = Evidence(*(torch.tensor(value) for value in (nu, alpha, beta)))
    draw = np.random.default_rng(0)
    variance = stats.invgamma.rvs(alpha, scale=beta, size=400_000, random_state=draw)
    mean = draw.normal(0, np.sqrt(variance / nu))
    assert float(told.aleatoric) == pytest.approx(variance.mean(), rel=0.02)
    assert float(told.epistemic) == pytest.approx(mean.var(), rel=0.02)


def test_any_output_gives_finite_variances() -> None:
    raw = torch.tensor([-1e4, -50.0, 0.0, 50.0, 1e4]).repeat(3, 1).view(1, 3, 1, 5)
    told = evidence(raw)
    assert all(part.shape == (1, 1, 1, 5) and (part > 0).all() for part in told)
    assert (told.alpha > 1).all()
    assert told.aleatoric.isfinite().all()
    assert told.epistemic.isfinite().all()
