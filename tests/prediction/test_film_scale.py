"""What the colours of a film mean."""

import numpy as np
import pytest

from gradunc.prediction.film_scale import RunningScale, _sample, film_scale, spread
from gradunc.prediction.maps import Maps


def maps(low, high, size=(40, 60), seed=0):
    rng = np.random.default_rng(seed)
    values = [rng.uniform(low, high, size).astype(np.float32) for _ in range(2)]
    return Maps(values[0], {"u": values[1]})


def test_percentiles_of_all_pictures_together():
    pictures = [maps(1, 2), maps(5, 9, seed=1)]
    scale = film_scale(pictures, 0.2)
    together = np.concatenate([one.depth.ravel() for one in pictures])
    np.testing.assert_allclose(scale.depth, np.percentile(together, [5, 95]), rtol=1e-6)
    together = np.concatenate([one.uncertainty["u"].ravel() for one in pictures])
    np.testing.assert_allclose(scale.uncertainty["u"], np.percentile(together, [5, 95]), rtol=1e-6)
    assert scale.trusted["u"] == pytest.approx(np.percentile(together, 80))
    assert film_scale(pictures, 0.0).trusted == {}


def test_large_maps_are_sampled_evenly():
    values = np.broadcast_to(np.arange(1280, dtype=np.float32), (720, 1280))
    found = _sample(values)
    assert 4096 <= found.size <= 5200
    assert np.abs(np.percentile(found, [5, 50, 95]) - np.percentile(values, [5, 50, 95])).max() < 10


def test_nothing_known():
    blank = Maps(np.full((4, 4), np.nan, dtype=np.float32), {"u": np.full((4, 4), np.nan, dtype=np.float32)})
    assert film_scale([blank], 0.2).depth == (0, 1)
    assert RunningScale(0.2).take(blank).depth == (0, 1)


def test_a_running_scale_begins_with_the_first_picture_and_follows_slowly():
    running, first, later = RunningScale(0.2), maps(1, 2), maps(5, 6)
    np.testing.assert_allclose(running.take(first).depth, film_scale([first], 0.2).depth)
    second = running.take(later)
    np.testing.assert_allclose(second.depth, np.mean([film_scale([one], 0.2).depth for one in (first, later)], axis=0))
    for _ in range(400):
        scale = running.take(later)
    np.testing.assert_allclose(scale.depth, film_scale([later], 0.2).depth, rtol=1e-3)
    np.testing.assert_allclose(scale.trusted["u"], film_scale([later], 0.2).trusted["u"], rtol=1e-3)
    jump = running.take(first).depth.low - scale.depth.low
    assert 0 > jump > -0.1, "one picture moves it by a fiftieth of the way"


def test_spread():
    assert spread(1000)[:2] == [0, 16]
    assert len(spread(1000)) == 64
    assert spread(1000)[-1] == 999
    assert spread(1) == [0]
