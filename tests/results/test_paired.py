"""Differences of pairs, by hand and against NumPy."""

import numpy as np
import pytest
import torch

from gradunc.metrics import AREAS, ImageRows
from gradunc.metrics.functional import DEPTH_ERRORS
from gradunc.results.paired import behind_best
from gradunc.results.per_image import ImageRecord, PerImage

COLUMN = {"abs_rel": 0, "rmse": 2, "a1": 4}


def areas(values: list[list[float]]) -> ImageRows:
    """Three AUSE for each image, AURG 0."""
    table = torch.zeros(len(values), len(AREAS), dtype=torch.float64)
    for place, row in enumerate(values):
        for error, value in zip(COLUMN, row, strict=True):
            table[place, COLUMN[error]] = value
    return ImageRows(torch.arange(len(values)), table, AREAS)


def images(count: int, scenes: list[str] | None = None) -> PerImage:
    records = [
        ImageRecord(number, f"{number}.png", number, scenes[number] if scenes else None) for number in range(count)
    ]
    return PerImage(records, ImageRows.none(DEPTH_ERRORS), {})


def test_names_of_the_columns():
    assert [AREAS[place] for place in COLUMN.values()] == ["ause_abs_rel", "ause_rmse", "ause_a1"]


def test_by_hand():
    one = areas([[0.1, 5.0, 0.3], [0.3, 7.0, 0.5]])
    other = areas([[0.2, 1.0, 0.3], [0.4, 2.0, 0.5]])
    found = behind_best(images(2), {"one": one, "other": other})
    assert found["one"]["abs_rel"].mean == 0.0
    assert found["other"]["abs_rel"].mean == pytest.approx(0.1)
    assert found["one"]["rmse"].mean == pytest.approx((4.0 + 5.0) / 2)
    assert found["other"]["a1"].mean == 0.0
    assert found["other"]["abs_rel"].interval is None  # two images are too few


def test_the_interval_is_that_of_the_differences():
    generator = torch.Generator().manual_seed(0)
    hard = torch.rand(40, 3, generator=generator, dtype=torch.float64)
    little = 0.01 * torch.rand(40, 3, generator=generator, dtype=torch.float64)
    best, worse = areas(hard.tolist()), areas((hard + 0.02 + little).tolist())
    interval = behind_best(images(40), {"best": best, "worse": worse})["worse"]["abs_rel"].interval
    assert interval is not None
    assert 0.02 < interval.low < 0.02 + little[:, 0].mean() < interval.high < 0.03
    # Those of the two means overlap: images differ far more than methods.
    (mean,) = images(40).intervals([best])
    assert mean["ause_abs_rel"].high - mean["ause_abs_rel"].low > 0.1


def test_whole_scenes_are_drawn():
    """Ten images of one scene are one unit: with five scenes of equal images the interval spans scenes."""
    scenes = [f"s{number // 10}" for number in range(50)]
    step = np.repeat([0.0, 0.01, 0.02, 0.03, 0.04], 10)
    best, worse = areas([[0.1, 1, 1]] * 50), areas([[0.1 + one, 1, 1] for one in step])
    interval = behind_best(images(50, scenes), {"best": best, "worse": worse})["worse"]["abs_rel"].interval
    assert interval is not None
    assert interval.high - interval.low > 0.02


def test_images_that_only_one_has_do_not_count():
    one = areas([[0.1, 1, 1], [0.2, 1, 1], [0.3, 1, 1]])
    part = ImageRows(torch.tensor([0, 1]), areas([[0.4, 2, 2], [0.3, 2, 2]]).values, AREAS)
    found = behind_best(images(3), {"one": one, "part": part})
    assert found["part"]["abs_rel"].mean == pytest.approx((0.3 + 0.1) / 2)


def test_a_method_that_scores_easy_images_alone_is_not_the_best():
    every = areas([[0.05 * number, 1, 1] for number in range(1, 11)])
    easy = ImageRows(torch.tensor([0]), areas([[0.06, 0.5, 0.5]]).values, AREAS)
    found = behind_best(images(10), {"every": every, "easy": easy})
    assert found["every"]["abs_rel"].mean == found["every"]["rmse"].mean == 0.0
    assert found["easy"]["abs_rel"].mean == pytest.approx(0.01)
    assert found["easy"]["rmse"].mean == pytest.approx(-0.5)
    assert found["every"]["abs_rel"].interval == (0.0, 0.0)


def test_a_method_without_a_score_is_never_best():
    nothing = ImageRows.none(AREAS)
    found = behind_best(images(1), {"nothing": nothing, "one": areas([[0.1, 1, 1]])})
    assert found["one"]["abs_rel"].mean == 0.0
    assert np.isnan(found["nothing"]["abs_rel"].mean)
