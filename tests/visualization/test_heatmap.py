import numpy as np
import pytest

from gradunc.visualization import histogram_figure, render, study_figure

CHANNELS = ("max", "norm")


def texts(figure):
    return [text.get_text() for axis in figure.axes for text in axis.texts]


def frames(figure):
    """Centre (column, row) of every frame, per block."""
    return [[(p.get_x() + 0.47, p.get_y() + 0.45) for p in axis.patches] for axis in figure.axes[:2]]


def test_the_smallest_value_of_all_blocks_is_framed():
    blocks = {"flip": [[0.3, 0.2], [0.4, np.nan]], "gray": [[0.25, 0.5], [0.1, 0.6]]}
    figure = study_figure(blocks, {name: ["deep", "fine"] for name in blocks}, CHANNELS, "protocol")
    assert frames(figure)[0] == []
    assert frames(figure)[1] == [pytest.approx((0, 1))]
    assert texts(figure) == ["0.3000", "0.2000", "0.4000", "0.2500", "0.5000", "0.1000", "0.6000"]
    for axis, name in zip(figure.axes, blocks, strict=False):
        assert axis.get_title() == f"reference: {name}"
        assert (axis.get_xlabel(), axis.get_ylabel()) == ("reduction over channels", "layer")
        assert [label.get_text() for label in axis.get_yticklabels()] == ["deep", "fine"]
    assert "protocol" in figure.get_suptitle()
    assert render(figure).std() > 10


@pytest.mark.parametrize(
    ("values", "chance", "ends"),
    [
        ([[0.1, 0.9]], 0.5, (0.1, 0.5)),
        ([[0.1, 0.3]], 0.5, (0.1, 0.3)),
        ([[0.6, 0.9]], 0.5, (0.6, 0.9)),
        ([[0.1, 0.9]], None, (0.1, 0.9)),
        ([[0.2, 0.2]], None, (0.2, 1.2)),
        ([[np.nan, np.nan]], 0.5, (0.0, 1.0)),
    ],
)
def test_colours_end_at_chance(values, chance, ends):
    figure = study_figure({"flip": values}, {"flip": ["one"]}, CHANNELS, chance=chance)
    (image,) = figure.axes[0].images
    assert image.get_clim() == pytest.approx(ends)
    render(figure)


def test_histograms_count_every_image():
    pair = (np.array([1.0, 2.0, 3.0]), np.array([20.0, 30.0]), "AUROC 1")
    figure = histogram_figure({"flip": {"mean": pair}, "gray": {"mean": pair}}, ("streets", "kitchens"), "title")
    assert len(figure.axes) == 2
    for axis, method in zip(figure.axes, ("flip", "gray"), strict=True):
        assert sum(patch.get_height() for patch in axis.patches) == 5
        assert axis.get_xlabel() == f"{method}: mean"
        assert axis.get_xscale() == "log"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["streets (3)", "kitchens (2)"]
    assert render(figure).std() > 10


def test_equal_and_negative_scores_can_be_drawn():
    same = (np.zeros(3), np.zeros(2), "")
    assert render(histogram_figure({"flip": {"a": same, "b": (np.array([-5.0, 1]), np.ones(1), "")}}, ("x", "y"))).any()
