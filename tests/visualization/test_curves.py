import warnings

import numpy as np
import pytest

from gradunc.visualization import render, sparsification_figure

X = np.linspace(0, 1, 51)
METHOD, ORACLE = 0.2 * (1 - X), 0.2 * (1 - X) ** 3
"""Areas 0.1 and 0.05 (and a little more, by trapezoids)."""


def labels(axis):
    return [text.get_text() for text in axis.get_legend().get_texts()]


def test_sparsification_names_methods_and_areas():
    curves = dict.fromkeys(("abs_rel", "rmse", "a1"), (METHOD, ORACLE, 0.2))
    better = dict.fromkeys(curves, ((METHOD + ORACLE) / 2, ORACLE, 0.2))
    figure = sparsification_figure({"flip": curves, "gray": better}, "alignment median")
    assert len(figure.axes) == 3
    for axis in figure.axes:
        assert labels(axis) == ["flip (AUSE 0.04998)", "gray (AUSE 0.02499)", "oracle", "random"]
        assert np.array_equal(axis.lines[0].get_ydata(), METHOD)
        assert np.allclose(axis.lines[0].get_xdata(), X)
    assert render(figure).shape == (480, 1350, 3)


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
    drawn = [[label.partition(" (AUSE")[0] for label in labels(axis) if "AUSE" in label] for axis in figure.axes]
    assert drawn == [[names[0], *names[22:29]], names[:8], names[:8]]
    for axis in figure.axes:
        assert axis.get_legend().get_title().get_text() == "22 methods of larger AUSE left out"
    # A method has one colour everywhere, and no two methods of a plot share one.
    colors = [dict(zip(some, (line.get_color() for line in axis.lines), strict=False))
              for some, axis in zip(drawn, figure.axes, strict=True)]  # fmt: skip
    assert len({colors[i][names[0]] for i in range(3)}) == 1
    assert all(len(set(some.values())) == 8 for some in colors)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # "constrained_layout not applied"
        height = render(figure).shape[0]
    assert all(axis.get_window_extent().height > 200 for axis in figure.axes), height


def test_eight_methods_are_all_drawn():
    figure = sparsification_figure({str(i): {"rmse": (METHOD, ORACLE, 0.2)} for i in range(8)})
    assert len(labels(figure.axes[1])) == 8 + 2
    assert figure.axes[1].get_legend().get_title().get_text() == ""


def test_nan_curves_and_no_method_are_drawn_empty():
    nan = np.full(51, np.nan)
    render(sparsification_figure({"none": {"abs_rel": (nan, nan, np.nan)}}))
    render(sparsification_figure({}))


def test_oracles_that_differ_by_rounding_only_are_one():
    # One pixel of two hundred thousand more or less: methods of one depth, rounded differently.
    curves = {"one": {"a1": (METHOD, ORACLE, 0.2)}, "two": {"a1": (METHOD, ORACLE + 5e-6, 0.2)}}
    assert [label for label in labels(sparsification_figure(curves).axes[2]) if "oracle" in label] == ["oracle"]
