"""Rank correlation, against scipy, by hand and by its symmetries."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from gradunc.errors import InputError
from gradunc.metrics import PixelErrors, RankCorrelation, spearman
from tests.training.helpers import random

FEW = st.sampled_from([0.0, 0.5, 1.0, 2.0, 1e6])
PAIRS = st.lists(st.tuples(FEW | st.floats(0, 1e3), FEW | st.floats(0, 1e3)), min_size=3, max_size=60)


def sides(pairs: list[tuple[float, float]]) -> tuple[torch.Tensor, torch.Tensor]:
    errors, uncertainty = torch.tensor(pairs, dtype=torch.float64).T
    return errors, uncertainty


@given(PAIRS)
def test_as_scipy_with_ties(pairs: list[tuple[float, float]]) -> None:
    errors, uncertainty = sides(pairs)
    assume(len(errors.unique()) > 1 and len(uncertainty.unique()) > 1)
    expected = spearmanr(errors.numpy(), uncertainty.numpy()).statistic
    assert float(spearman(errors, uncertainty)) == pytest.approx(expected, abs=1e-12)


@given(PAIRS)
def test_only_the_order_counts(pairs: list[tuple[float, float]]) -> None:
    errors, uncertainty = sides(pairs)
    assume(len(errors.unique()) > 1 and len(uncertainty.unique()) > 1)
    found = float(spearman(errors, uncertainty))
    assert float(spearman(errors, 2 * uncertainty)) == found
    assert float(spearman(errors, -uncertainty)) == pytest.approx(-found, abs=1e-12)
    assert float(spearman(uncertainty, errors)) == pytest.approx(found, abs=1e-12)
    assert float(spearman(errors.flip(0), uncertainty.flip(0))) == pytest.approx(found, abs=1e-12)


def test_by_hand() -> None:
    """Without ties 1 - 6 sum(difference of ranks squared) / (n (n^2 - 1)): 1 - 6 * 2 / (4 * 15)."""
    found = spearman(torch.tensor([1.0, 2.0, 3.0, 4.0]), torch.tensor([1.0, 3.0, 2.0, 9.0]))
    assert float(found) == pytest.approx(0.8, abs=1e-15)


@pytest.mark.parametrize("constant", [0.1, 1.0, 1e-30])
def test_a_constant_side_has_none(constant: float) -> None:
    varied, same = torch.tensor([1.0, 2.0, 3.0]), torch.full((3,), constant)
    assert spearman(varied, same).isnan()
    assert spearman(same, varied).isnan()
    assert spearman(torch.ones(1), torch.ones(1)).isnan()


@pytest.mark.parametrize("wrong", [torch.ones(4), torch.ones(3, 1), torch.tensor([1.0, torch.nan, 2.0])])
def test_what_does_not_fit_is_refused(wrong: torch.Tensor) -> None:
    with pytest.raises(InputError):
        spearman(torch.ones(3), wrong)


def test_the_metric_is_the_mean_over_images() -> None:
    metric, expected = RankCorrelation(), []
    for seed in (0, 3):
        truth, prediction, uncertainty = (1 + random(seed + k, 300) for k in range(3))
        metric.update(truth, prediction, uncertainty, number=seed)
        arrays = [side.double().numpy() for side in (truth, prediction, uncertainty)]
        distance = np.abs(arrays[1] - arrays[0])
        expected.append([spearmanr(one, arrays[2]).statistic for one in (distance / arrays[0], distance)])
    found = metric.compute()
    assert list(found) == ["spearman_abs_rel", "spearman_rmse"]
    assert [float(one) for one in found.values()] == pytest.approx(np.mean(expected, 0), abs=1e-12)


def test_known_errors_change_nothing() -> None:
    truth, prediction, uncertainty = (1 + random(k, 300) for k in range(3))
    alone, shared = RankCorrelation(), RankCorrelation()
    alone.update(truth, prediction, uncertainty)
    shared.update(truth, prediction, uncertainty, PixelErrors(truth, prediction, 10))
    assert torch.equal(alone.per_image().values, shared.per_image().values)


def test_images_without_a_correlation_are_skipped() -> None:
    metric, truth = RankCorrelation(), torch.tensor([1.0, 2.0, 3.0])
    metric.update(truth, truth + truth.square(), torch.ones(3))
    metric.update(truth[:0], truth[:0], truth[:0])
    metric.update(truth, truth, truth)  # no error at all
    metric.update(truth, truth + truth.square(), truth)
    assert (metric.images, int(metric.skipped)) == (1, 3)
    assert [float(one) for one in metric.compute().values()] == [1, 1]
    assert metric.per_image().numbers.tolist() == [3]
