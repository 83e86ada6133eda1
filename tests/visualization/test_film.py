"""Pictures of a film: colours that mean the same in all of them, tiles in their places."""

import numpy as np
import pytest
from matplotlib.colors import LogNorm, Normalize

from gradunc.visualization.colormaps import Limits, badness_map, depth_map, to_rgb
from gradunc.visualization.film import FilmPainter, FilmScale, Painter, within
from gradunc.visualization.style import DISTRUSTED, UNKNOWN
from gradunc.visualization.tiles import Bar

SCALE = FilmScale(Limits(1, 3), {"gradient": Limits(0, 1)}, {"gradient": 0.5})


def painter(scale=SCALE, size=(60, 400), reject=0.2):
    return FilmPainter(scale, "m", "depth", reject, "the film", ["walk.mp4"], size)


def maps(height=60, width=400, seed=0):
    rng = np.random.default_rng(seed)
    return (
        rng.random((3, height, width), dtype=np.float32),
        1 + 2 * rng.random((height, width), dtype=np.float32),
        {"gradient": rng.random((height, width), dtype=np.float32)},
    )


@pytest.mark.parametrize(
    "bar",
    [
        Bar(depth_map(), Normalize(1, 3), "both"),
        Bar(depth_map("disparity"), LogNorm(0.1, 10), "both"),
        Bar(badness_map(), Normalize(-2, 5), "both"),
    ],
)
def test_colours_are_those_of_the_panels(bar):
    """The second implementation is matplotlib's: equal to a step of the table, whose neighbours differ by at most 6."""
    values = np.random.default_rng(0).uniform(-3, 12, (40, 50)).astype(np.float32)
    values[0, :4] = np.nan, np.inf, -np.inf, bar.scale.vmax
    colours = Painter(bar)(values)
    assert np.abs(colours.astype(int) - to_rgb(values, bar.colormap, bar.scale)).max() <= 6
    assert (colours[0, :3] == UNKNOWN).all()
    assert np.isnan(values[0, 0]), "the map of the caller stays as it is"


def test_a_value_has_one_colour_in_all_pictures():
    drawn = painter()
    image, depth, uncertainty = maps()
    first = drawn.picture(image, depth, uncertainty)
    depth = depth + 7
    depth[10, 20], uncertainty["gradient"][10, 20] = maps()[1][10, 20], maps()[2]["gradient"][10, 20]
    second = drawn.picture(image * 0, depth, {"gradient": uncertainty["gradient"]})
    assert first.shape == second.shape
    same = (first == second).all(-1)
    (_, top), (left, _), (_, below) = drawn._places[0], drawn._places[1], drawn._places[2]
    assert same[top + 10, left + 20]
    assert not same[top + 11 : top + 60, left : left + 400].all()
    assert same[below : below + 60, drawn._places[2][0] : drawn._places[2][0] + 400].all(), "the same uncertainty"
    assert same[:top].all(), "titles stand still"


def test_the_first_picture_is_drawn_like_all_others():
    """Once by matplotlib, then by copying: pixel for pixel the same."""
    drawn = painter()
    first = drawn.picture(*maps())
    drawn.picture(*maps(seed=1))
    np.testing.assert_array_equal(drawn.picture(*maps()), first)


def test_what_is_above_the_limit_of_the_film_is_not_to_be_trusted():
    image, depth, uncertainty = maps()
    uncertainty["gradient"][:] = 0.4
    uncertainty["gradient"][:, 200:] = 0.6
    uncertainty["gradient"][0, 0] = np.nan
    drawn = painter()
    picture = drawn.picture(image * 0, depth, uncertainty)
    left, top = drawn._places[3]
    tile = picture[top : top + 60, left : left + 400]
    assert (np.abs(tile[:, 200:].astype(int) - DISTRUSTED).max(-1) < 60).all()
    assert (tile[1:, :200] == tile[5, 5]).all()
    assert (tile[0, 0] == UNKNOWN).all()


def test_depth_alone_and_no_mark():
    image, depth, uncertainty = maps()
    alone = painter(FilmScale(Limits(1, 3), {}, {})).picture(image, depth, {})
    marked = painter().picture(image, depth, uncertainty)
    unmarked = painter(SCALE._replace(trusted={}), reject=0.0).picture(image, depth, uncertainty)
    assert alone.shape[0] < unmarked.shape[0] <= marked.shape[0]


def test_pictures_of_another_shape_get_gray_borders():
    pixels = np.zeros((10, 20, 3), dtype=np.uint8)
    wide = within(pixels, (40, 40))
    assert (wide[10:30] == 0).all()
    assert (wide[:10] == UNKNOWN).all()
    assert (wide[30:] == UNKNOWN).all()
    assert within(pixels, (10, 20)) is pixels
    drawn = painter()
    shape = drawn.picture(*maps()).shape
    assert drawn.picture(*maps(400, 60)).shape == shape
