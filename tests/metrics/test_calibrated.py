"""Errors and deviations in the unit of the aligned prediction: no figure may depend on the unit of a network."""

import pytest
import torch
from scipy.stats import norm

from gradunc.errors import InputError
from gradunc.metrics import Calibration, EvaluationProtocol
from gradunc.metrics.calibrated import LEAST, errors_in, least_sigma, sigma_at
from gradunc.types import QUANTITIES, OutputSpace, Quantity, Scale
from tests.training.helpers import random


def test_errors_by_hand() -> None:
    truth, prediction = torch.tensor([2.0, 4.0]), torch.tensor([4.0, 2.0])
    assert errors_in("depth", truth, prediction).tolist() == [2, -2]
    assert errors_in("disparity", truth, prediction).tolist() == [-0.25, 0.25]
    assert errors_in("log_depth", truth, prediction).tolist() == pytest.approx([0.693147180559945, -0.693147180559945])


def test_deviations_by_hand() -> None:
    score = torch.tensor([4.0, 9.0])
    assert sigma_at(Scale("std", "m", "depth"), score, 2.0).tolist() == [8, 18]
    assert sigma_at(Scale("std", "1/m", "disparity"), score, 2.0).tolist() == [2, 4.5]
    assert sigma_at(Scale("std", "log m", "log_depth"), score, 2.0).tolist() == [4, 9]
    assert sigma_at(Scale("variance", "m^2", "depth"), score, torch.tensor(2.0)).tolist() == [4, 6]
    assert sigma_at(Scale("variance", "m^-2", "disparity"), score, 2.0).tolist() == [1, 1.5]


@pytest.mark.parametrize("scale", [Scale(), Scale("std", "m")])
def test_a_scale_that_says_nothing_is_refused(scale: Scale) -> None:
    with pytest.raises(InputError):
        sigma_at(scale, torch.ones(2), 1.0)
    with pytest.raises(InputError):
        errors_in(scale.quantity, torch.ones(2), torch.ones(2))


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_the_least_deviation_is_the_same_share_of_depth(quantity: Quantity) -> None:
    """To first order the error of a prediction that is off by that share."""
    truth = torch.tensor([0.5, 2.0, 60.0], dtype=torch.float64)
    moved = errors_in(quantity, truth, truth * (1 + LEAST)).abs()
    torch.testing.assert_close(least_sigma(quantity, truth), moved, rtol=2e-3, atol=0)


@pytest.mark.parametrize("quantity", QUANTITIES)
@pytest.mark.parametrize("space", [OutputSpace("depth"), OutputSpace("disparity")])
def test_the_unit_of_a_network_does_not_count(quantity: Quantity, space: OutputSpace) -> None:
    """The same network in metres, and in 37 m with its deviations: median alignment undoes it."""
    truth, depth, std = 2 + random(0, 1, 9, 9), 2 + random(1, 1, 9, 9), 0.1 + random(2, 9, 9)
    rows = []
    for unit in (1.0, 37.0):
        inside = {"depth": 1 / unit, "disparity": unit, "log_depth": 1.0}[quantity]
        predicted = depth / unit if space.quantity == "depth" else unit / depth
        chosen = EvaluationProtocol().select(truth, predicted, None, space)
        metric = Calibration()
        score = (std * inside)[chosen.keep]
        metric.update(chosen.truth, chosen.prediction, score, Scale("std", "x", quantity), chosen.factor)
        rows.append(metric.per_image().values)
    torch.testing.assert_close(rows[0], rows[1], rtol=1e-5, atol=1e-5)


def test_an_image_by_scipy() -> None:
    truth, prediction = torch.tensor([1.0, 2.0, 4.0]), torch.tensor([1.5, 2.0, 2.0])
    metric, variance = Calibration(), torch.tensor([0.25, 0.0, 1.0])
    metric.update(truth, prediction, variance, Scale("variance", "m^2", "depth"), 2.0)
    sigma = [1.0, LEAST * 2, 2.0]
    found = metric.compute()
    assert list(found) == ["nll", "ence", "interval_error", "coverage_95"]
    assert float(found["nll"]) == pytest.approx(-norm.logpdf([0.5, 0.0, 2.0], scale=sigma).mean())
    assert float(found["ence"]) == pytest.approx((0.5 + 1 + 0) / 3)
    assert float(found["coverage_95"]) == 1


def test_what_cannot_be_measured_is_skipped_or_refused() -> None:
    metric, ones, scale = Calibration(), torch.ones(2), Scale("std", "m", "depth")
    metric.update(ones, ones, ones, scale, None)
    metric.update(ones[:0], ones[:0], ones[:0], scale, 1.0)
    metric.update(ones, ones, ones, scale, 1.0)
    assert (metric.images, int(metric.skipped)) == (1, 2)
    with pytest.raises(InputError, match="a score has no unit"):
        metric.update(ones, ones, ones, Scale(), 1.0)
    with pytest.raises(InputError, match="NaN or infinite"):
        metric.update(ones, ones, ones / 0, scale, 1.0)
