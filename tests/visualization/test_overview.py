import numpy as np

from gradunc.visualization import depth_tile, image_tile, render
from gradunc.visualization.overview import overview_figure


def tiles():
    depth = np.geomspace(1, 50, 800).reshape(20, 40)
    return [[image_tile(np.zeros((3, 20, 40)), "image"), depth_tile(depth)], [image_tile(np.ones((3, 20, 40)), "two")]]


def test_rows_histogram_and_text():
    figure = overview_figure(tiles(), [1.0, 2, 3, 4], ["first line", "", "word " * 60], "all")
    picture = render(figure)
    assert picture.shape[1] == 1080
    assert len(figure.axes) == 6  # three pictures, one bar, the histogram, the text
    written = "\n".join(figure.axes[-1].texts[0].get_text().splitlines())
    assert written.startswith("first line\n\nword word")
    assert all(len(line) <= 72 for line in written.splitlines())
    assert sum(patch.get_height() for patch in figure.axes[-2].patches) == 100


def test_without_depth_and_with_one_value():
    assert len(overview_figure(tiles(), [], ["text"], "").axes) == 5
    render(overview_figure(tiles(), [2.0, 2.0], ["text"], ""))
