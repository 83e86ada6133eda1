import numpy as np
import pytest

from gradunc.visualization import arranged, estimator_tiles, panel, prediction_tiles
from gradunc.visualization.distrust import overlay_tile, reject_tile
from gradunc.visualization.tiles import Tile

IMAGE = np.random.default_rng(0).random((3, 6, 8))
VALUES = np.arange(48.0).reshape(6, 8)


def titles(tiles):
    return ["" if tile is None else tile.title for tile in tiles]


def test_tiles_without_truth():
    shown = prediction_tiles(IMAGE, VALUES + 1, "1/m", "disparity", {"flip": VALUES}, 0.25)
    assert titles(shown) == [
        "image",
        "predicted disparity [1/m]",
        "uncertainty flip: rank among the pixels [%], high = worse",
        "flip on the image (glows where worse)",
        "flip, do not trust: the 25% most uncertain",
        "",
    ]
    assert len(prediction_tiles(IMAGE, VALUES, uncertainty={"flip": VALUES}, reject=0)) == 4
    assert len(prediction_tiles(IMAGE, VALUES)) == 2


@pytest.mark.parametrize(
    ("count", "order"),
    [(0, []), (1, ["a0", "a1", "a2", ""]), (2, ["a0", "b0", "a1", "b1", "a2", "b2"]),
     (3, ["a0", "b0", "a1", "b1", "a2", "b2", "c0", "c1", "c2", ""])],
)  # fmt: skip
def test_two_estimators_share_a_row(count, order):
    pixels = np.zeros((1, 1, 3), dtype=np.uint8)
    rows = [[Tile(f"{name}{number}", pixels) for number in range(3)] for name in "abc"[:count]]
    assert titles(arranged(rows)) == order


def test_rejected_pixels_are_covered_and_unknown_ones_gray():
    keep, known = VALUES < 40, VALUES > 3
    pixels = reject_tile(IMAGE, keep, "", known).pixels.reshape(48, 3).astype(int)
    assert (pixels[:4] == 128).all()
    colourless = np.ptp(pixels, axis=1) == 0
    assert colourless[4:40].all()
    assert not colourless[40:].any()
    assert (pixels[40:, 0] > pixels[40:, 2] + 50).all(), "reddish"


def test_the_overlay_glows_where_the_uncertainty_is_high():
    pixels = overlay_tile(np.full((3, 6, 8), 0.5), VALUES).pixels.reshape(48, 3).astype(int)
    assert (np.ptp(pixels[:24], axis=1) == 0).all(), "below the median the image is as it is"
    assert (np.diff(pixels[30:, 0] - pixels[30:, 2]) >= 0).all()
    assert pixels[47, 0] - pixels[47, 2] > 80


def test_a_map_of_another_size_is_spread():
    large = reject_tile(IMAGE, np.repeat(np.repeat(VALUES < 40, 2, 0), 3, 1), "").pixels
    assert np.array_equal(large, reject_tile(IMAGE, VALUES < 40, "").pixels)


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0, -3.0, 1e-12, 1e12])
@pytest.mark.parametrize("among", [None, np.zeros((6, 8), dtype=bool), np.ones((6, 8), dtype=bool)])
def test_constant_and_unknown_uncertainties_make_a_panel(value, among):
    values = np.full((6, 8), value)
    known = 0 if not np.isfinite(value) else 1
    shown = estimator_tiles(IMAGE, values, "flip", 0.2, among)
    assert shown[2].title.startswith("flip, do not trust: the 0% most uncertain")
    assert (shown[0].pixels == 128).all() != known
    panel([*prediction_tiles(IMAGE, values, uncertainty={"flip": values}), *shown])
