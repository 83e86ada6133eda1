"""Bootstrap intervals against closed forms, an enumeration of all draws, and the share of true means that they hold."""

import itertools
import math
import warnings

import numpy as np
import pytest
import torch

from gradunc.metrics import intervals
from gradunc.metrics.intervals import FEWEST, Resampling
from tests.training.helpers import random


def images(count: int) -> Resampling:
    return Resampling([None] * count)


def test_equal_values_have_an_interval_without_width() -> None:
    values = torch.tensor([[0.1, 1e6 / 3]], dtype=torch.float64).expand(37, 2)
    for resampling in (images(37), Resampling([f"scene {i % 7}" for i in range(37)])):
        for column, (low, high) in enumerate(resampling.of_means(values)):
            assert low == high == values[0, column]


def test_the_ends_are_those_of_the_normal_law_for_many_images() -> None:
    """Half a width of 1.96 standard errors, within what 2,000 draws allow (a standard error of about 3%)."""
    values = random(0, 4000, 3).double()
    for column, (low, high) in enumerate(images(4000).of_means(values)):
        error = float(values[:, column].std(correction=0)) / math.sqrt(4000)
        assert low < float(values[:, column].mean()) < high
        assert (high - low) / 2 == pytest.approx(1.96 * error, rel=0.08)


def test_the_ends_are_those_of_all_possible_draws() -> None:
    """Of 5 units there are 3125 draws; the exact percentiles come from going through all of them."""
    values = torch.tensor([[1.0], [2.0], [4.0], [8.0], [16.0]], dtype=torch.float64)
    every = np.mean(list(itertools.product([1.0, 2.0, 4.0, 8.0, 16.0], repeat=5)), axis=1)
    ((low, high),) = images(5).of_means(values)
    assert (low, high) == pytest.approx(np.quantile(every, (0.025, 0.975)).tolist(), abs=0.5)


def test_a_scene_is_drawn_whole() -> None:
    """20 equal frames of each of 6 scenes hold as much as 6 images, and images in another order are the same."""
    of_scenes = random(1, 6, 2).double()
    frames = of_scenes.repeat_interleave(20, 0)
    scenes = [f"{i}" for i in range(6) for _ in range(20)]
    whole = Resampling(scenes).of_means(frames)
    torch.testing.assert_close(torch.tensor(whole), torch.tensor(images(6).of_means(of_scenes)), rtol=1e-12, atol=0)
    assert Resampling(scenes).unit == "scene"
    for one, two in zip(whole, images(120).of_means(frames), strict=True):
        assert one.high - one.low > 3 * (two.high - two.low)


def test_scenes_of_unequal_length_weigh_as_their_images_do() -> None:
    values = torch.tensor([[1.0]] * 30 + [[5.0], [6.0], [7.0], [8.0]], dtype=torch.float64)
    scenes = ["long"] * 30 + ["a", "b", "c", "d"]
    ((low, high),) = Resampling(scenes).of_means(values)
    # Without the long scene (a third of the draws) the mean is that of the others, at least 5.
    assert low == pytest.approx(1.0, abs=0.3)
    assert 6 < high < 8


def test_an_image_that_was_not_measured_has_no_part() -> None:
    values = random(2, 50, 1).double()
    gaps = torch.cat([values, torch.full((30, 1), torch.nan, dtype=torch.float64)])
    ((low, high),) = images(50).of_means(values)
    ((low_of_gaps, high_of_gaps),) = images(80).of_means(gaps)
    assert (low_of_gaps, high_of_gaps) == pytest.approx((low, high), abs=0.03)
    mixed = torch.cat([values, torch.full((50, 1), torch.nan, dtype=torch.float64)], 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = images(50).of_means(mixed)
    assert found[0] == (low, high)
    assert math.isnan(found[1].low)


@pytest.mark.parametrize("count", range(FEWEST))
def test_too_few_units_have_no_interval(count: int) -> None:
    values = random(3, max(count, 1), 2).double()[:count]
    assert all(math.isnan(end) for interval in images(count).of_means(values) for end in interval)
    assert f"n = {count} image" in images(count).describe()
    assert "too small" in images(count).describe()


def test_what_the_head_of_a_table_says() -> None:
    assert images(100).describe() == "95% bootstrap intervals over 100 images"
    assert Resampling(["a", "b", "c", "d", "e", "a"]).describe() == "95% bootstrap intervals over 5 scenes"
    assert Resampling(["a", None, "c", "d", "e"]).unit == "image", "one image of an unknown scene"


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    values = random(4, 40, 3).double()
    whole = images(40).of_means(values)
    monkeypatch.setattr(intervals, "_BLOCK", 1000)
    torch.testing.assert_close(torch.tensor(images(40).of_means(values)), torch.tensor(whole), rtol=1e-12, atol=0)


@pytest.mark.slow
@pytest.mark.parametrize("scenes", [False, True])
def test_the_true_mean_is_in_95_of_100_intervals(scenes: bool) -> None:
    """60 units of a skewed law (mean 1), 200 data sets: percentile intervals hold a little less than 95%.

    Frames that resemble one another, taken for images of their own, hold the mean far too seldom.
    """
    generator = np.random.default_rng(0)
    held = {"units": 0, "frames as images": 0}
    for _ in range(200):
        means = generator.gamma(2.0, 0.5, size=60)
        frames = means.repeat(5) * generator.uniform(0.9, 1.1, size=300) if scenes else means
        values = torch.from_numpy(frames)[:, None]
        names = [f"{i // 5}" for i in range(300)] if scenes else [None] * 60
        for key, resampling in (("units", Resampling(names)), ("frames as images", images(len(frames)))):
            ((low, high),) = resampling.of_means(values)
            held[key] += low <= 1.0 <= high
    assert 0.88 <= held["units"] / 200 <= 0.98
    assert (held["frames as images"] / 200 < 0.75) == scenes


def test_a_ratio_to_a_constant_is_a_mean_and_to_itself_has_no_width() -> None:
    values = random(3, 30, 1).double() + 2
    four = torch.full((30,), 4.0, dtype=torch.float64)
    ((low, high),) = images(30).of_means(values / 4)
    assert images(30).of_ratio(values[:, 0], four) == pytest.approx((low, high), rel=1e-12)
    assert images(30).of_ratio(values[:, 0] / 2, values[:, 0]) == pytest.approx((0.5, 0.5), rel=1e-12)


def test_the_ends_of_a_ratio_are_those_of_all_possible_draws() -> None:
    """Numerator and denominator of the same draw; an image that lacks one of them counts in neither."""
    above, below = [1.0, 2.0, 4.0, 8.0, 16.0], [2.0, 2.0, 2.0, 4.0, 4.0]
    every = [np.divide(*np.sum(draw, axis=0)) for draw in itertools.product(zip(above, below, strict=True), repeat=5)]
    expected = np.quantile(every, (0.025, 0.975)).tolist()
    found = images(5).of_ratio(torch.tensor(above).double(), torch.tensor(below).double())
    assert found == pytest.approx(expected, abs=0.1)
    scenes = [*"abcde", "a"]
    more = torch.tensor([*above, math.nan]).double(), torch.tensor([*below, 7.0]).double()
    assert Resampling(scenes).of_ratio(*more) == found


def test_a_ratio_of_too_few_units_has_no_ends() -> None:
    two = torch.tensor([1.0, 2.0, 3.0]).double(), torch.tensor([1.0, 1.0, 1.0]).double()
    assert all(math.isnan(end) for end in images(3).of_ratio(*two))
