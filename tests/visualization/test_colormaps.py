import warnings

import numpy as np
import pytest

from gradunc.visualization import Limits, depth_to_rgb, error_to_rgb, robust_limits, uncertainty_to_rgb

FUNCTIONS = [depth_to_rgb, error_to_rgb, uncertainty_to_rgb]


def brightness(rgb):
    return rgb.astype(int) @ [299, 587, 114] / 1000


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("value", [0.0, 3.0, -2.0, 1e-30, np.nan, np.inf])
def test_constant_and_unknown_maps_have_a_colour(function, value):
    rgb = function(np.full((4, 6), value))
    assert rgb.shape == (4, 6, 3)
    assert rgb.dtype == np.uint8
    assert len(np.unique(rgb.reshape(-1, 3), axis=0)) == 1
    assert (rgb[0, 0] == 128).all() == (not np.isfinite(value))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_unknown_pixels_are_gray_and_do_not_change_the_others(function):
    values = np.linspace(1, 9, 200).reshape(10, 20)
    holes = np.pad(values, ((0, 1), (0, 0)), constant_values=np.nan)
    holes[-1, 3] = -np.inf
    rgb = function(holes)
    assert (rgb[-1] == 128).all()
    assert np.array_equal(rgb[:-1], function(values))


@pytest.mark.parametrize("values", [np.linspace(1, 2, 50), np.geomspace(0.5, 80, 50), np.linspace(-1, 5, 50)])
def test_near_is_bright(values):
    depth = brightness(depth_to_rgb(values[None], Limits(values[0], values[-1])))[0]
    assert (np.diff(depth) < 0).all()
    disparity = brightness(depth_to_rgb(values[None], Limits(values[0], values[-1]), "disparity"))[0]
    assert (np.diff(disparity) > 0).all()


@pytest.mark.parametrize("function", [uncertainty_to_rgb, error_to_rgb])
def test_bad_is_bright(function):
    light = brightness(function(np.linspace(0, 1, 50)[None], Limits(0, 1)))[0]
    assert (np.diff(light) > 0).all()
    assert light[0] < 10
    assert light[-1] > 230


def test_a_wide_range_of_depth_is_spread_by_its_logarithm():
    near, middle, far = brightness(depth_to_rgb(np.array([[1.0, 10.0, 100.0]]), Limits(1, 100)))[0]
    half = brightness(depth_to_rgb(np.array([[1.5]]), Limits(1, 2)))[0, 0]
    assert middle == pytest.approx(half, abs=2)
    assert near > middle > far


def test_values_outside_take_the_colour_of_the_end():
    rgb = error_to_rgb(np.array([[-5.0, 1.0, 100.0, 1e9]]), Limits(1, 100))[0]
    assert np.array_equal(rgb[0], rgb[1])
    assert np.array_equal(rgb[2], rgb[3])


def test_outliers_do_not_set_the_limits():
    values = np.append(np.linspace(0, 1, 1000), 1e6)
    assert robust_limits(values).high < 1
    assert robust_limits([[np.nan, np.inf]]) == (0.0, 1.0)
