"""The moving average of uncertainty, against its closed form."""

import numpy as np
import pytest
import torch

from gradunc.errors import InputError
from gradunc.prediction.smoothing import Smoothing
from tests.data.videos import pan, texture


def image(seed=0):
    return torch.from_numpy(texture(96, 128, seed)).movedim(-1, 0).float() / 255


def smoothed(factor, values, images=None):
    one = Smoothing(factor)
    images = images or [image()] * len(values)
    return one, [
        one(image, {"u": np.asarray(u, dtype=np.float32)})["u"] for image, u in zip(images, values, strict=True)
    ]


def test_the_sum_by_hand():
    _, found = smoothed(0.5, [[[8.0]], [[0.0]], [[4.0]]])
    assert [float(one[0, 0]) for one in found] == [8, 4, 4]


def test_zero_changes_nothing():
    values = [np.random.default_rng(i).random((3, 4)).astype(np.float32) for i in range(3)]
    np.testing.assert_array_equal(smoothed(0.0, values)[1], values)


def test_the_lag_of_a_ramp_is_that_of_the_closed_form():
    """A moving average follows a ramp a / (1 - a) steps behind, once it has forgotten its beginning."""
    _, found = smoothed(0.8, [[[float(t)]] for t in range(120)])
    assert 119 - float(found[-1][0, 0]) == pytest.approx(0.8 / 0.2, abs=1e-4)


def test_unknown_pixels():
    nan = float("nan")
    _, found = smoothed(0.5, [[[nan, 8.0]], [[4.0, nan]], [[0.0, 6.0]]])
    np.testing.assert_array_equal(found, [[[nan, 8]], [[4, nan]], [[2, 6]]])


def test_a_cut_begins_anew():
    views = [torch.from_numpy(np.ascontiguousarray(view)).movedim(-1, 0).float() / 255 for view in pan([0, 3, 6])]
    one, found = smoothed(0.5, [[[8.0]], [[0.0]], [[0.0]], [[4.0]]], [*views, image(seed=7)])
    assert [float(value[0, 0]) for value in found] == [8, 4, 2, 4]
    assert one.cuts == 1


def test_another_size_begins_anew():
    one, found = smoothed(0.5, [np.full((4, 4), 8.0), np.full((2, 4), 2.0)], [image(), image()[:, :48]])
    assert found[1].tolist() == [[2] * 4] * 2
    assert one.cuts == 1


@pytest.mark.parametrize("factor", [-0.1, 1.0, float("nan")])
def test_wrong_factors(factor):
    with pytest.raises(InputError, match="must be at least 0 and below 1"):
        Smoothing(factor)
