"""Rows of features, against `F.interpolate`."""

import torch
import torch.nn.functional as F

from gradunc.uncertainty.fitted.error_head.rows import Rows, at
from gradunc.uncertainty.gradient.maps import LayerMap, to_image


def test_features_at_pixels_are_those_of_the_resized_map():
    """Also where the cells cover padding beyond the image, and at the borders."""
    torch.manual_seed(0)
    layer = LayerMap(torch.randn(2, 3, 3, 4), (12, 20))
    whole = F.interpolate(layer.values, (12, 20), mode="bilinear", align_corners=False)
    places = torch.tensor([[0, 0], [11, 19], [5, 7], [3, 16]])
    torch.testing.assert_close(at(layer, 1, places), whole[1, :, places[:, 0], places[:, 1]].T)
    cut = to_image(layer, (10, 18))
    torch.testing.assert_close(at(layer, 0, places[2:]), cut[0, :, places[2:, 0], places[2:, 1]].T)


def test_only_kept_pixels_with_finite_features_are_taken():
    values = torch.arange(12.0).view(1, 1, 3, 4)
    values[0, 0, 2, 3] = torch.nan
    keep = torch.zeros(1, 1, 3, 4, dtype=torch.bool)
    keep[..., 0, :2] = keep[..., 2, 3] = True
    rows = Rows(each=10)
    rows.add([LayerMap(values, (3, 4))], -values, keep)
    features, errors = rows.table()
    assert sorted(errors.tolist()) == [-1, 0]
    torch.testing.assert_close(features[:, 0], -errors)


def test_the_table_does_not_grow_beyond_its_size():
    rows = Rows(each=8, most=40)
    for _ in range(6):
        image = torch.randn(2, 2, 6, 6)
        rows.add([LayerMap(image, (6, 6))], image[:, :1], torch.ones(2, 1, 6, 6, dtype=torch.bool))
        features, errors = rows.table()
        assert features.numel() <= 40
        torch.testing.assert_close(features[:, 0], errors)
    assert rows.each == 1 or len(errors) > 10


def test_what_does_not_fit_is_named():
    """8 pixels of 2 values: two images fill the table of 32, the third one halves it."""
    rows, image = Rows(each=8, most=32), torch.randn(1, 2, 6, 6)
    line = "learned from 1 in 2 of the pixels, at most 4 of an image: no more than 32 values of features are held"
    for expected in ((), (), (line,)):
        rows.add([LayerMap(image, (6, 6))], image[:, :1], torch.ones(1, 1, 6, 6, dtype=torch.bool))
        assert rows.findings() == expected


def test_the_choice_of_pixels_is_that_of_the_seed():
    def first(seed):
        rows = Rows(each=4, seed=seed)
        image = torch.arange(100.0).view(1, 1, 10, 10)
        rows.add([LayerMap(image, (10, 10))], image, torch.ones_like(image, dtype=torch.bool))
        return rows.table()[1].tolist()

    assert first(0) == first(0) != first(1)
