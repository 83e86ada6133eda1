"""Cost against AUSE."""

from hypothesis import given
from hypothesis import strategies as st

from gradunc.visualization import render
from gradunc.visualization.cost_figure import Point, cost_figure, front
from gradunc.visualization.style import GRAY, VERMILLION

POINTS = {
    "gradient": Point(2.4, 0.08, 0.07, 0.09),
    "drop_out": Point(9, 0.1),
    "trivial_row": Point(1, 0.09, 0.08, 0.11),
}


@given(st.dictionaries(st.text(max_size=3), st.builds(Point, st.integers(1, 9), st.integers(0, 9)), min_size=1))
def test_nothing_beats_what_is_on_the_front(points):
    found = front(points)
    assert found
    for name, point in points.items():
        beaten = any(one.cost <= point.cost and one.ause < point.ause for one in points.values())
        equal = [other for other in found if points[other].ause == point.ause and points[other].cost <= point.cost]
        assert (name in found) or beaten or equal
        assert not (name in found and beaten)


def test_one_network():
    figure = cost_figure({"mine": POINTS}, "Cost and ranking")
    (axis,) = figure.axes
    texts = [text.get_text() for text in axis.texts]
    assert texts == ["gradient 0.080", "drop_out 0.100", "trivial_row 0.090"]
    assert axis.get_title(loc="left") == ""
    line = axis.lines[0]
    assert (list(line.get_xdata()), list(line.get_ydata())) == ([1, 2.4], [0.09, 0.08])
    assert line.get_color() == VERMILLION
    (trivial,) = (one for one in axis.lines if one.get_marker() == "o" and list(one.get_ydata()) == [0.09])
    assert trivial.get_color() == GRAY
    assert render(figure).shape[2] == 3


def test_several_networks():
    figure = cost_figure({"mine": POINTS, "theirs": {"gradient": Point(2, 0.2)}})
    assert [axis.get_title(loc="left") for axis in figure.axes] == ["mine", "theirs"]


def test_labels_stay_inside():
    figure = cost_figure(
        {"mine": {f"a_method_with_a_long_name_{number}": Point(1 + number, 0.1) for number in range(14)}}
    )
    render(figure)
    width, height = figure.get_size_inches() * figure.dpi
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert max(box.x1 for box in boxes) <= width
    assert min(box.y0 for box in boxes) >= 0
    assert max(box.y1 for box in boxes) <= height
    assert all(one.y0 - other.y1 > -2 or other.y0 - one.y1 > -2 for one in boxes for other in boxes if one is not other)
