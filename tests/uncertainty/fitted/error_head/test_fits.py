"""Units of the answers, by hand."""

import math

import pytest
import torch

from gradunc.uncertainty.fitted.error_head.fits import of_evidence, of_log_error


def test_the_factor_turns_the_geometric_mean_into_the_root_mean_square() -> None:
    """Features that say nothing: the head says exp(mean log |e|) = sqrt(1 4) = 2 everywhere, the errors have 8.5."""
    error = torch.tensor([1.0, -4.0, 4.0, -1.0])
    fit = of_log_error(torch.zeros(4, 2), error, 1e-3)
    assert float(fit.head(torch.zeros(1, 2)).exp()) == pytest.approx(2)
    assert float(fit.numbers["factor"]) == pytest.approx(math.sqrt(8.5) / 2)
    assert (float(fit.numbers["low"]), float(fit.numbers["high"])) == pytest.approx((0, math.log(4)))
    assert fit.finding == "explains 0% of the variance of the log error"


def test_the_unit_of_evidence_is_the_root_mean_square_and_the_seed_decides() -> None:
    error = torch.tensor([3.0, -4.0, 0.0, 5.0])
    one, two, other = (of_evidence(torch.eye(4), error, 0.2, 5, 1e-2, seed=seed) for seed in (0, 0, 1))
    assert float(one.numbers["unit"]) == pytest.approx(math.sqrt(50 / 4))
    assert torch.equal(one.head.weight, two.head.weight)
    assert one.head.weight.shape == (3, 4)
    assert other.finding.startswith("loss ")
