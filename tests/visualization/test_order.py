import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gradunc.metrics import sparsification
from gradunc.visualization import ranks, trust

MAPS = arrays(np.float64, (4, 9), elements=st.sampled_from([np.nan, np.inf, -1.0, 0.0, 0.5, 2.0, 3.0, 1e30]))


@given(MAPS, arrays(np.bool_, (4, 9)))
def test_a_rank_is_counted(values, among):
    """Literally: how many of the chosen pixels are below, and half of those that are equal."""
    chosen = among & np.isfinite(values)
    others = values[chosen if chosen.any() else np.isfinite(values)]
    found = ranks(values, among)
    for place, value in np.ndenumerate(values):
        if not np.isfinite(value):
            assert np.isnan(found[place])
        else:
            expected = 100 * np.mean((others < value) + 0.5 * (others == value))
            assert found[place] == pytest.approx(expected)


@given(MAPS)
def test_only_the_order_counts(values):
    changed = np.arctan(values / 2)
    changed[np.isinf(values)] = np.nan
    assert np.array_equal(ranks(values), ranks(changed), equal_nan=True)


def test_what_has_no_truth_does_not_move_the_ranks():
    values = np.linspace(0, 1, 40).reshape(4, 10)
    sky = np.concatenate([np.full((4, 10), 1e9), values])
    among = np.arange(8)[:, None] * np.ones((1, 10)) >= 4
    assert np.array_equal(ranks(sky, among)[4:], ranks(values))
    assert (ranks(sky, among)[:4] == 100).all()


@pytest.mark.parametrize("step", range(50))
@pytest.mark.parametrize("levels", [7, 10**6])
def test_the_rest_is_what_the_sparsification_leaves(step, levels):
    """Among the pixels with truth; with many equal uncertainties too."""
    rng = np.random.default_rng(step)
    truth, prediction = rng.uniform(1, 80, (20, 13)), rng.uniform(1, 80, (20, 13))
    uncertainty = np.floor(levels * rng.random((20, 13))).astype(np.float32)
    uncertainty[3, :4] = np.nan
    among = (rng.random((20, 13)) < 0.7) & np.isfinite(uncertainty)
    true, predicted, score = (torch.from_numpy(one[among]) for one in (truth, prediction, uncertainty))
    curve = sparsification(true, predicted, score)["abs_rel"].curve
    kept = trust(uncertainty, step / 50, among).keep[among]
    assert np.mean(np.abs(truth - prediction)[among][kept] / truth[among][kept]) == pytest.approx(float(curve[step]))


def test_equal_and_unknown_uncertainties():
    constant = trust(np.full((3, 4), 7.0), 0.2)
    assert constant.keep.all()
    assert constant.rejected == 0
    unknown = trust(np.full((3, 4), np.nan), 0.2)
    assert not unknown.keep.any()
    half = trust(np.array([[1.0, np.nan, 3.0, 2.0]]), 0.5)
    assert half.keep.tolist() == [[True, False, False, True]]
    assert half.rejected == pytest.approx(1 / 3)
    assert trust(np.arange(100.0).reshape(10, 10), 0.2).rejected == 0.2
