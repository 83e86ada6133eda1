import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gradunc.metrics import BinnedErrors, DepthErrors
from gradunc.metrics.binned import DISTANCES, RANKS, distance_bins, rank_bins


def images(seed=0):
    """(truth, prediction, bin) of images of different sizes; one has no pixel that counts."""
    rng = np.random.default_rng(seed)
    for n in (50, 1, 0, 200):
        yield rng.uniform(0.5, 90, n), rng.uniform(1, 80, n), rng.integers(0, 4, n)


def measured(order):
    metric = BinnedErrors(5)
    every = list(images())
    for number in order:
        metric.update(*map(torch.from_numpy, every[number]), number)
    return metric


def test_all_pixels_of_a_bin_by_hand():
    found = measured(range(4)).errors()
    truth, prediction, places = (np.concatenate(some) for some in zip(*images(), strict=True))
    for place in range(4):
        t, p = truth[places == place], prediction[places == place]
        assert found.pixels[place] == len(t) > 0
        assert found.abs_rel[place] == pytest.approx(np.mean(np.abs(t - p) / t))
        assert found.rmse[place] == pytest.approx(np.sqrt(np.mean((t - p) ** 2)))
        assert found.a1[place] == pytest.approx(np.mean(np.maximum(t / p, p / t) < 1.25))
    assert found.pixels[4] == 0
    assert all(values[4].isnan() for values in found[1:])


def test_the_order_of_the_images_changes_no_bit():
    one, other = measured(range(4)).errors(), measured((3, 2, 0, 1)).errors()
    assert all(torch.equal(a[:4], b[:4]) for a, b in zip(one, other, strict=True))


def test_one_bin_of_one_image_is_its_depth_errors():
    truth, prediction, _ = map(torch.from_numpy, next(images()))
    depth, bins = DepthErrors(), BinnedErrors(1)
    depth.update(truth, prediction)
    bins.update(truth, prediction, torch.zeros(len(truth), dtype=torch.int64))
    expected, found = depth.compute(), bins.errors()
    for name in ("abs_rel", "rmse", "a1"):
        torch.testing.assert_close(getattr(found, name)[0], expected[name])


def test_without_any_pixel_all_bins_are_empty():
    found = BinnedErrors(3).errors()
    assert found.pixels.tolist() == [0, 0, 0]
    assert found.abs_rel.isnan().all()


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=40))
def test_distances_are_those_of_numpy(values):
    expected = np.digitize(values, DISTANCES) - 1
    assert distance_bins(torch.tensor(values, dtype=torch.float64)).tolist() == expected.tolist()


@given(arrays(np.float32, st.integers(1, 60), elements=st.sampled_from([-1.0, 0.0, 0.5, 2.0, 3.0, 1e30])))
def test_a_rank_is_counted(values):
    """Twice the rank in integers: how many are below, and how many are not above."""
    bins = len(RANKS) - 1
    twice = [(values < one).sum() + (values <= one).sum() for one in values]
    expected = [min(int(one) * bins // (2 * len(values)), bins - 1) for one in twice]
    assert rank_bins(torch.from_numpy(values)).tolist() == expected


def test_tenths_of_different_scores_are_equally_full():
    values = torch.randperm(1000).float()
    assert rank_bins(values).bincount().tolist() == [100] * 10
    assert (values[rank_bins(values) == 9] >= 900).all()
