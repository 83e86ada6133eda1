import itertools
import warnings

import numpy as np
import pytest

from gradunc.visualization import render, sparsification_figure

X = np.linspace(0, 1, 51)
METHOD, ORACLE = 0.2 * (1 - X), 0.2 * (1 - X) ** 3
"""Areas 0.1 and 0.05 (and a little more, by trapezoids)."""


def labels(axis):
    return [text.get_text() for text in axis.texts]


def lines(axis):
    """Label -> what is drawn, without the leaders of labels."""
    return {line.get_label(): line for line in axis.lines if not line.get_label().startswith("_")}


def look(line):
    """Colour and dashes."""
    return line.get_color(), str(line._dash_pattern)


def test_sparsification_names_methods_and_areas():
    curves = dict.fromkeys(("abs_rel", "rmse", "a1"), (METHOD, ORACLE, 0.2))
    better = dict.fromkeys(curves, ((METHOD + ORACLE) / 2, ORACLE, 0.2))
    figure = sparsification_figure({"flip": curves, "gray": better}, "alignment median")
    assert len(figure.axes) == 3
    for axis in figure.axes:
        assert labels(axis) == ["random", "oracle", "flip 0.04998", "gray 0.02499"]
        drawn = lines(axis)
        assert np.array_equal(drawn["flip 0.04998"].get_ydata(), METHOD[:-1])
        assert np.allclose(drawn["flip 0.04998"].get_xdata(), X[:-1])
        assert len({look(line) for line in drawn.values()}) == 4
        assert axis.get_legend() is None
    units = [axis.get_ylabel().rpartition("[")[2] for axis in figure.axes]
    assert units == ["no unit]", "m]", "share]"]
    assert render(figure).std() > 10


@pytest.mark.parametrize("ends", [[0.2] * 8, [0.0] * 8, list(np.linspace(0.1, 0.12, 8))])
def test_labels_do_not_overlap_and_none_is_cut_off(ends):
    methods = {f"method_{i}": {"rmse": (np.append(np.full(50, end), 0), ORACLE, 0.2)} for i, end in enumerate(ends)}
    figure = sparsification_figure(methods)
    render(figure)
    boxes = sorted((text.get_window_extent() for text in figure.axes[1].texts), key=lambda box: box.y0)
    assert len(boxes) == 10
    assert all(below.y1 <= above.y0 + 1 for below, above in itertools.pairwise(boxes))
    assert max(box.x1 for box in boxes) <= figure.get_figwidth() * figure.dpi


def test_a_constant_score_is_seen_beside_random():
    constant = np.append(np.full(50, 0.2), 0)
    drawn = lines(sparsification_figure({"constant": {"rmse": (constant, ORACLE, 0.2)}}).axes[1])
    name = next(label for label in drawn if label.startswith("constant"))
    assert drawn["random"].get_linewidth() > 2 * drawn[name].get_linewidth()
    assert list(drawn).index("random") < list(drawn).index(name), "below it"


def test_methods_of_different_depth_have_their_own_oracles():
    figure = sparsification_figure({"one": {"rmse": (METHOD, ORACLE, 0.2)}, "two": {"rmse": (METHOD, ORACLE / 2, 0.2)}})
    assert [label for label in labels(figure.axes[1]) if "oracle" in label] == ["oracle, one", "oracle, two"]
    render(figure)


@pytest.mark.parametrize("own_depth", [False, True])
def test_of_many_methods_the_first_and_the_best_are_drawn(own_depth):
    # AUSE grows with `share`; 30 shares of abs_rel fall from the first method on, those of the others rise.
    def curves(share, i):
        oracle = ORACLE * (1 - 0.01 * i * own_depth)
        return oracle + share * (METHOD - ORACLE), oracle, 0.2

    names = [f"a_method_of_a_long_name_{i}" for i in range(30)]
    methods = {
        name: {"abs_rel": curves((30 - i) / 30, i), "rmse": curves(i / 60, i), "a1": curves(i / 30, i)}
        for i, name in enumerate(names)
    }
    methods[names[29]]["abs_rel"] = (np.full(51, np.nan), ORACLE, 0.2)  # unknown: behind all others
    figure = sparsification_figure(methods)
    drawn = [[label.rpartition(" ")[0] for label in labels(axis) if label.startswith("a_")] for axis in figure.axes]
    assert drawn == [[names[0], *names[22:29]], names[:8], names[:8]]
    for axis in figure.axes:
        assert axis.get_title(loc="left") == "22 methods of larger AUSE left out"
    # A method looks the same everywhere, and no two methods of a plot look alike.
    looks = [{name.rpartition(" ")[0]: look(line) for name, line in lines(axis).items() if name.startswith("a_")}
             for axis in figure.axes]  # fmt: skip
    assert len({some[names[0]] for some in looks}) == 1
    assert all(len(set(some.values())) == 8 for some in looks)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        render(figure)
    assert all(axis.get_window_extent().height > 200 for axis in figure.axes)


def test_eight_methods_are_all_drawn():
    figure = sparsification_figure({str(i): {"rmse": (METHOD, ORACLE, 0.2)} for i in range(8)})
    assert len(labels(figure.axes[1])) == 8 + 2
    assert figure.axes[1].get_title(loc="left") == ""


def test_nan_curves_and_no_method_are_drawn_empty():
    nan = np.full(51, np.nan)
    render(sparsification_figure({"none": {"abs_rel": (nan, nan, np.nan)}}))
    render(sparsification_figure({}))


def test_oracles_that_differ_by_rounding_only_are_one():
    # One pixel of two hundred thousand more or less: methods of one depth, rounded differently.
    curves = {"one": {"a1": (METHOD, ORACLE, 0.2)}, "two": {"a1": (METHOD, ORACLE + 5e-6, 0.2)}}
    assert [label for label in labels(sparsification_figure(curves).axes[2]) if "oracle" in label] == ["oracle"]
