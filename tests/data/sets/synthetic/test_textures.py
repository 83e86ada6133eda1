"""Patterns against their definition: the mean over a pixel's footprint."""

import numpy as np

from gradunc.data.sets.synthetic.textures import fractal, octaves, pulses, stripe, value_noise, visibility

X = np.linspace(-3, 5, 57, dtype=np.float32)


def footprint_mean(function, width):
    offsets = (np.arange(2000) + 0.5) / 2000 - 0.5
    return function(X[:, None].astype(float) + offsets * width).mean(axis=1)


def test_stripe_is_its_box_filtered_indicator():
    for width in (0.05, 0.7, 6.0):
        expected = footprint_mean(lambda x: (x > 0.3) & (x < 1.4), width)
        np.testing.assert_allclose(stripe(X, np.full_like(X, width), 0.3, 1.4), expected, atol=2e-3)


def test_pulses_are_their_box_filtered_indicator():
    for width in (0.1, 0.9, 3.7):
        expected = footprint_mean(lambda x: x / 1.3 % 1 < 0.4, width)
        np.testing.assert_allclose(pulses(X, np.full_like(X, width), 1.3, 0.4), expected, atol=2e-3)


def test_noise_is_bounded_and_continuous():
    u, v = np.random.default_rng(0).uniform(-50, 50, (2, 4000)).astype(np.float32)
    noise = value_noise(u, v)
    assert np.abs(noise).max() <= 1
    assert noise.std() > 0.2
    step = np.float32(1e-2)
    # Smoothstep's slope is at most 1.5, over a difference of two lattice values of at most 2.
    assert np.abs(value_noise(u + step, v) - noise).max() < 3.2 * step


def test_octaves_finer_than_a_pixel_vanish():
    u, v = np.random.default_rng(1).uniform(0, 50, (2, 3000)).astype(np.float32)
    layers = octaves(0.1, 3, 1.0)
    wide = np.full_like(u, 0.4)
    narrow = np.full_like(u, 0.01)
    np.testing.assert_array_equal(fractal(u, v, wide, narrow, layers), 0)
    np.testing.assert_array_equal(fractal(u, v, narrow, wide, layers), 0)
    assert fractal(u, v, narrow, narrow, layers).std() > 0.4
    assert visibility(np.array([0.5, 1.0, 2.5, 9.0])).tolist() == [0, 0, 1, 1]
