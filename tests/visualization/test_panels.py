from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from gradunc.errors import InputError
from gradunc.visualization import (
    Tile,
    depth_tile,
    error_tile,
    image_tile,
    mask_tile,
    panel,
    uncertainty_tile,
)
from gradunc.visualization.panels import MARGIN, TITLE


def tiles(height, width, seed=0):
    rng = np.random.default_rng(seed)
    image, values = rng.random((3, height, width)), rng.random((height, width))
    return [image_tile(image), depth_tile(values + 1), uncertainty_tile(values)]


def contains(picture, pixels, row, column):
    height, width = pixels.shape[:2]
    return np.array_equal(picture[row : row + height, column : column + width], pixels)


@pytest.mark.parametrize(("height", "width"), [(375, 1242), (192, 640), (101, 303), (97, 1600)])
def test_wide_images_are_stacked_pixel_for_pixel(height, width):
    shown = tiles(height, width)
    picture = panel(shown)
    assert picture.dtype == np.uint8
    assert picture.shape[0] == 3 * (height + TITLE) + MARGIN
    assert width < picture.shape[1] < width + 150
    for row, tile in enumerate(shown):
        assert contains(picture, tile.pixels, row * (height + TITLE) + TITLE, MARGIN)


@pytest.mark.parametrize(("height", "width"), [(480, 640), (401, 257), (300, 300)])
def test_others_stand_side_by_side_pixel_for_pixel(height, width):
    shown = tiles(height, width)
    picture = panel(shown)
    assert picture.shape[0] == height + TITLE + MARGIN
    assert contains(picture, shown[0].pixels, TITLE, MARGIN)
    assert picture.shape[1] > 3 * width


def test_five_tiles_side_by_side_take_two_rows():
    picture = panel([image_tile(np.zeros((3, 300, 300)))] * 5)
    assert picture.shape[0] == 2 * (300 + TITLE) + MARGIN
    assert (picture[-150, -150] == 255).all(), "the sixth place is empty"


@pytest.mark.parametrize(("height", "width", "shown"), [(1000, 4000, 1334), (3000, 3001, 751), (64, 96, 288)])
def test_extreme_sizes_are_shrunk_or_enlarged_by_a_whole_factor(height, width, shown):
    picture = panel([Tile("gray", np.full((height, width, 3), 77, dtype=np.uint8))])
    gray = (picture == 77).all(axis=2)
    assert abs(gray.sum(axis=1).max() - shown) <= 1


def test_tiles_of_another_size_take_that_of_the_first():
    small = Tile("small", np.full((10, 20, 3), 9, dtype=np.uint8))
    picture = panel([image_tile(np.zeros((3, 300, 640))), small])
    assert (picture[2 * TITLE + 300 : 2 * (TITLE + 300), MARGIN : MARGIN + 640] == 9).all()


def test_titles_and_bars_are_drawn():
    _, depth, _ = tiles(200, 640)
    with_bar, without = panel([depth]), panel([Tile("", depth.pixels)])
    assert (without[: TITLE - 2] == 255).all()
    assert (with_bar[:TITLE] < 128).any(), "the title"
    assert (with_bar[TITLE:-MARGIN, MARGIN + 640 + 30 :] < 128).any(), "the numbers of the bar"


def test_titles_tell_unit_and_direction():
    values = np.ones((4, 4))
    assert depth_tile(values, "arbitrary").title == "depth [arbitrary]"
    assert uncertainty_tile(values).title == "uncertainty (high = worse)"
    assert error_tile(values).title == "error [m]"


@pytest.mark.parametrize("value", [np.nan, 0.0, -3.0, 1e-12, 1e12])
def test_constant_and_unknown_maps_make_a_panel(value):
    values = np.full((200, 640), value)
    panel([depth_tile(values), uncertainty_tile(values), error_tile(np.abs(values))])


def test_sparse_truth_is_drawn_with_larger_dots():
    sparse = np.full((20, 20), np.nan)
    sparse[5, 5], sparse[19, 19] = 1.0, 2.0
    known = (error_tile(sparse).pixels != 128).any(axis=2)
    assert known[4:7, 4:7].all()
    assert known.sum() == 9 + 4
    dense = np.ones((20, 20))
    dense[5, 5] = np.nan
    assert (error_tile(dense).pixels[5, 5] == 128).all()


def test_a_mask_is_white_where_it_keeps():
    assert mask_tile(np.array([[True, False]])).pixels[0].tolist() == [[255] * 3, [0] * 3]


@pytest.mark.parametrize("wrong", [lambda: panel([]), lambda: image_tile(np.ones((4, 4))), lambda: depth_tile([1])])
def test_wrong_shapes_are_refused(wrong):
    with pytest.raises(InputError, match=r"tile needs|at least one"):
        wrong()


def test_threads_draw_the_same_pictures():
    inputs = [tiles(64, 256 + 8 * seed, seed) for seed in range(8)]
    alone = [panel(shown) for shown in inputs]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(panel, inputs))
    assert all(np.array_equal(one, other) for one, other in zip(alone, together, strict=True))
