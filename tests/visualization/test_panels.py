from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from gradunc.errors import InputError
from gradunc.visualization import (
    Limits,
    Tile,
    depth_tile,
    error_tile,
    image_tile,
    mask_tile,
    panel,
    uncertainty_tile,
)
from gradunc.visualization.panels import GAP, LINE, MARGIN

TITLE = LINE + GAP


def tiles(height, width, seed=0):
    rng = np.random.default_rng(seed)
    image, values = rng.random((3, height, width)), rng.random((height, width))
    return [image_tile(image), depth_tile(values + 1), uncertainty_tile(values, "u")]


def contains(picture, pixels, row, column):
    height, width = pixels.shape[:2]
    return np.array_equal(picture[row : row + height, column : column + width], pixels)


@pytest.mark.parametrize(("height", "width"), [(192, 640), (480, 640), (101, 403), (97, 960), (600, 400)])
def test_two_columns_pixel_for_pixel(height, width):
    shown = tiles(height, width)
    picture = panel(shown)
    assert picture.dtype == np.uint8
    assert picture.shape[0] == 2 * (height + TITLE) + MARGIN
    step = (picture.shape[1] - MARGIN) // 2
    assert width + 50 < step < width + 120
    for place, tile in enumerate(shown):
        row, column = divmod(place, 2)
        assert contains(picture, tile.pixels, row * (height + TITLE) + TITLE, MARGIN + column * step)
    assert (picture[-height:, -step:] == 255).all(), "the fourth place is empty"


def test_an_empty_place_and_a_single_tile():
    one, two, three = tiles(50, 400)
    apart = panel([one, None, two, three])
    assert (apart[: TITLE + 50, 500:] == 255).all()
    assert contains(apart, two.pixels, 2 * TITLE + 50, MARGIN)
    assert panel([one]).shape[1] < 550


def test_head_and_long_titles_are_broken_and_move_the_tiles():
    image = Tile("word " * 40, np.zeros((50, 400, 3), dtype=np.uint8))
    plain, headed = panel([image._replace(title="")]), panel([image], ["name.png", "score " * 30])
    lines = (headed.shape[0] - plain.shape[0] - GAP) / LINE
    assert lines == int(lines) >= 1 + 3 + 3
    assert (headed[:LINE, MARGIN : MARGIN + 60] < 128).any(), "the name"
    assert (headed[:, -MARGIN // 2 :] == 255).all(), "nothing is cut off"


@pytest.mark.parametrize("name", ["a$b$_{c.png", "line\nend\udcff.png", "\u6f22\u5b57.png", "\\frac{", "x" * 500])
def test_any_name_can_be_written(name, recwarn):
    assert (panel([Tile(name, np.zeros((9, 9, 3), dtype=np.uint8))], [name]) < 128).any()
    assert not recwarn.list


@pytest.mark.parametrize(
    ("height", "width", "shown"),
    [(1000, 4000, 800), (3000, 3001, 751), (64, 96, 480), (375, 1242, 621), (50, 400, 400)],
)
def test_extreme_sizes_are_shrunk_or_enlarged_by_a_whole_factor(height, width, shown):
    picture = panel([Tile("gray", np.full((height, width, 3), 77, dtype=np.uint8))])
    gray = (picture == 77).all(axis=2)
    assert abs(gray.sum(axis=1).max() - shown) <= 1


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 60000), (60000, 1), (1, 7), (7, 1)])
def test_images_of_one_row_or_column(height, width):
    picture = panel([*tiles(height, width), None])
    assert max(picture.shape) < 4500
    assert picture.shape[1] > 800, "room for the titles"


def test_tiles_of_another_size_take_that_of_the_first():
    small = Tile("small", np.full((10, 20, 3), 9, dtype=np.uint8))
    picture = panel([image_tile(np.zeros((3, 300, 640))), None, small])
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
    assert uncertainty_tile(values).title == "uncertainty: rank among the pixels [%], high = worse"
    assert "among the pixels with truth" in uncertainty_tile(values, among=values > 0).title
    assert error_tile(values).title == "error [m]"


def test_equal_depths_have_one_colour_under_one_scale():
    """True depth of 10 to 50 m and predicted depth of 12 to 15 m: 13 m look alike in both."""
    truth, prediction = np.array([[10.0, 13.0, 50.0]]), np.array([[12.0, 13.0, 15.0]])
    limits = Limits(10.0, 50.0)
    one, two = depth_tile(truth, limits=limits).pixels[0], depth_tile(prediction, limits=limits).pixels[0]
    assert np.array_equal(one[1], two[1])
    assert not np.array_equal(one[2], two[2])
    assert not np.array_equal(depth_tile(prediction).pixels[0, 2], two[2]), "its own scale"


def test_depth_beyond_a_given_scale_is_marked():
    values = np.array([[0.5, 1.0, 9.0, 10.0, 11.0, np.nan]])
    depth = depth_tile(values, limits=Limits(1.0, 10.0)).pixels[0].tolist()
    disparity = depth_tile(values, quantity="disparity", limits=Limits(1.0, 10.0)).pixels[0].tolist()
    pink, vermillion = [0xCC, 0x79, 0xA7], [0xD5, 0x5E, 0x00]
    assert (depth[0], depth[4], depth[5]) == (vermillion, pink, [128] * 3)
    assert (disparity[0], disparity[4]) == (pink, vermillion)
    assert not {tuple(pink), tuple(vermillion)} & {tuple(one) for one in depth[1:4]}
    assert depth_tile(np.geomspace(1, 99, 200).reshape(10, 20)).pixels.tolist().count(pink) == 0


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
