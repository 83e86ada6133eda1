"""Parts of images in one unit, and memory that does not grow with the data."""

import pytest
import torch

from gradunc.uncertainty.fitted.bayescap.crops import Crops, Map, Maps, Normalised

SAME = Normalised(torch.tensor(0.0), torch.tensor(1.0))
SIDE = 8


def image(number: int) -> Map:
    """A part of a batch, like those that a fit gives: (1,SIDE,SIDE) with its number everywhere."""
    values, known = torch.full((2, 4, 1, SIDE, SIDE), float(number)), torch.ones(4, 1, SIDE, SIDE, dtype=torch.bool)
    return Map(values[0, 1], known[1], values[1, 1], known[1])


def numbers(maps: Maps) -> list[int]:
    return [int(one.answer[0, 0, 0]) for one in maps.kept]


def test_the_unit_is_of_order_one_whatever_the_outliers():
    """Of a normal distribution half the distance of the 16% and 84% quantiles is 0.9945 standard deviations."""
    values = 5 + 2 * torch.randn(100_000, generator=torch.Generator().manual_seed(0))
    values[:1000] = 1e9
    unit = Normalised.of(values)
    assert float(unit.centre) == pytest.approx(5, abs=0.1)
    assert float(unit.spread) == pytest.approx(2, abs=0.1)
    assert float(unit(torch.tensor(1e9))) == 20
    assert float(unit(torch.tensor(torch.nan))) == 0
    assert float(Normalised.of(torch.full((9,), 3.0)).spread) > 0


def test_crops_cut_all_maps_alike():
    answer = torch.arange(60.0).view(1, 6, 10) / 10
    one = Map(answer, answer >= 0, answer + 1, answer > 0.3)
    crop = Crops([one], SAME, 3, 4, torch.device("cpu"))()
    assert crop.answer.shape == (3, 1, 4, 4)
    assert torch.equal(crop.truth, crop.answer + 1)
    assert torch.equal(crop.keep, crop.answer > 0.3)
    assert Crops([one], SAME, 1, 8, torch.device("cpu"))().answer.shape == (1, 1, 6, 8)


def test_crops_are_in_normalised_units():
    """Answers and truths (value - centre) / spread, cut at 20, and 0 where they are no number."""
    answer = torch.tensor([[[1.0, 3.0, torch.inf, 1e6]]]).expand(1, 4, 4)
    crop = Crops(
        [Map(answer, answer.isfinite(), answer, answer < 2)],
        Normalised(*torch.tensor([1.0, 4.0])),
        1,
        4,
        torch.device("cpu"),
    )()
    for values in (crop.answer, crop.truth):
        assert values[0, 0, 0].tolist() == [0, 0.5, 0, 20]


def test_memory_is_bounded_whatever_comes():
    """10 bytes for a pixel of what is held, and the values of the unit; a view would keep its whole batch."""
    maps = Maps(0, most=5 * SIDE**2 + 1)
    for number in range(400):
        maps.add(image(number))
    stores = {v.untyped_storage().data_ptr(): v.untyped_storage().nbytes() for one in maps.kept for v in one}
    assert sum(stores.values()) == 5 * SIDE**2 * 10
    assert len(set(numbers(maps))) == 5
    assert maps.findings() == ("learned from 5 of 400 images, drawn at random: at most 321 pixels are held",)


def test_every_image_is_held_with_the_same_probability():
    """4 of 20, over 200 seeds: 40 times each, with a standard deviation of 5.7."""
    counts = torch.zeros(20)
    for seed in range(200):
        maps = Maps(seed, most=4 * SIDE**2)
        for number in range(20):
            maps.add(image(number))
        counts[numbers(maps)] += 1
    assert (counts - 40).abs().max() < 4 * 5.7
    again = Maps(199, most=4 * SIDE**2)
    for number in range(20):
        again.add(image(number))
    assert numbers(again) == numbers(maps)


def test_the_unit_is_of_all_images_also_of_those_that_are_not_held():
    """Of 0, 1, ..., 100 the median is 50, and the 16% and 84% quantiles are 16 and 84."""
    maps = Maps(0, most=1)
    for number in range(101):
        maps.add(image(number))
    assert [float(value) for value in maps.unit()] == [50, 34]


def test_few_images_are_all_held_without_a_line():
    maps = Maps(0, most=1000)
    for number in range(3):
        maps.add(image(number))
    assert numbers(maps) == [0, 1, 2]
    assert maps.findings() == ()
