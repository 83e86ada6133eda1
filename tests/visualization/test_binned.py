from itertools import pairwise

import numpy as np
import pytest

from gradunc.visualization import distance_figure, render, uncertainty_figure

EDGES = [0.0, 1.0, 2.0, 5.0, np.inf]


def errors(pixels, rising):
    known = np.asarray(pixels) > 0
    values = np.where(known, rising, np.nan)
    return {"pixels": np.asarray(pixels, dtype=float), "abs_rel": values / 10, "rmse": values, "a1": 1 - values / 20}


def test_distances_that_occur_are_drawn():
    figure = distance_figure(EDGES, errors([0, 30, 10, 60], [1, 2, 3, 4]), "(protocol)")
    assert [axis.get_ylabel() for axis in figure.axes] == [
        "abs_rel [no unit]",
        "rmse [m]",
        "outliers (ratio ≥ 1.25) [share]",
        "pixels [% of all]",
    ]
    for axis, expected in zip(figure.axes, ([0.2, 0.3, 0.4], [2, 3, 4], [0.1, 0.15, 0.2], [30, 10, 60]), strict=True):
        (stairs,) = axis.patches
        assert stairs.get_data().values == pytest.approx(expected)
        assert stairs.get_data().edges.tolist() == [1, 2, 5, 7.5]
        assert axis.get_xlabel() == "true depth [m]"
        assert axis.get_ylim()[0] == 0
    assert render(figure).std() > 10


def test_a_line_for_every_method():
    rising, flat = errors([10] * 4, [1, 2, 3, 4]), errors([10] * 4, [2.5] * 4)
    figure = uncertainty_figure([0, 25, 50, 75, 100], {"good": rising, "bad": flat})
    axis = figure.axes[1]
    drawn = {line.get_label(): line for line in axis.lines}
    assert drawn["good"].get_xdata().tolist() == [12.5, 37.5, 62.5, 87.5]
    assert drawn["good"].get_ydata().tolist() == [1, 2, 3, 4]
    assert drawn["good"].get_color() != drawn["bad"].get_color()
    assert render(figure).std() > 10


def bands(axis):
    return {line.get_label(): line for line in axis.lines if line.get_linewidth() == 5}


def test_methods_of_one_depth_share_the_error_of_all_pixels():
    one, other = errors([10] * 4, [1, 2, 3, 4]), errors([10] * 4, [4, 2, 3, 1])
    axis = uncertainty_figure([0, 25, 50, 75, 100], {"good": one, "bad": other}).axes[1]
    ((name, band),) = bands(axis).items()
    # The root of (1 + 4 + 9 + 16) / 4.
    assert (name, band.get_ydata()[0], band.get_color()) == ("all pixels", pytest.approx(7.5**0.5), "#808080")
    assert [text.get_text() for text in axis.texts] == ["good", "bad", "all pixels"]


def test_methods_of_other_depths_have_their_own_error_of_all_pixels():
    first, second = errors([10, 30], [1, 3]), errors([20, 20], [2, 5])
    axes = uncertainty_figure([0, 50, 100], {"single": first, "ensemble": second}).axes
    # Weighted by pixels: (1 + 3*3) / 4 and (2 + 5) / 2, a tenth of it; the roots of (1 + 3*9) / 4 and (4 + 25) / 2.
    expected = {"abs_rel": (0.25, 0.35), "rmse": (7**0.5, 14.5**0.5), "a1": (0.125, 0.175)}
    for axis, values in zip(axes, expected.values(), strict=False):
        found = bands(axis)
        assert list(found) == ["all pixels, single", "all pixels, ensemble"]
        assert [band.get_ydata()[0] for band in found.values()] == pytest.approx(values)
        lines = {line.get_label(): line.get_color() for line in axis.lines}
        assert [band.get_color() for band in found.values()] == [lines["single"], lines["ensemble"]]
        assert [text.get_text() for text in axis.texts] == ["single", "ensemble", *found]


def test_the_labels_of_eight_depths_have_room():
    figure = uncertainty_figure([0, 50, 100], {str(i): errors([1, 1], [i + 1, i + 2]) for i in range(8)})
    height = figure.axes[0].get_window_extent().height
    figure.canvas.draw()
    boxes = sorted((text.get_window_extent() for text in figure.axes[0].texts), key=lambda box: box.y0)
    assert len(boxes) == 16
    assert all(low.y1 <= high.y0 + 0.01 * height for low, high in pairwise(boxes))


@pytest.mark.parametrize("pixels", [[0, 0, 0, 0], [0, 0, 0, 5], [5, 0, 0, 0], [3, 0, 0, 4]])
def test_empty_bins_can_be_drawn(pixels, recwarn):
    render(distance_figure(EDGES, errors(pixels, [1, 1, 1, 1])))
    render(uncertainty_figure([0, 25, 50, 75, 100], {"one": errors(pixels, [0, 0, 0, 0])}))
    assert not recwarn.list


def test_more_methods_than_can_be_told_apart():
    figure = uncertainty_figure([0, 50, 100], {str(i): errors([1, 1], [1, 2]) for i in range(11)})
    assert figure.axes[0].get_title(loc="left") == "3 more methods in the CSV file"
    assert [text.get_text() for text in figure.axes[0].texts] == [*map(str, range(8)), "all pixels"]
