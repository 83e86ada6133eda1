"""Places of plots by hand."""

import pytest

from gradunc.visualization.plots import Cell, grid

CELL = Cell(width=3, height=2, left=0.5, right=1.5, below=1, above=1)
"""5 inch wide and 4 high with its room."""


def test_places_of_three_plots() -> None:
    figure, axes = grid(CELL, 3, top=2, title="a\nb")
    assert figure.get_size_inches().tolist() == [10, 10]
    # Left, below, width and height as shares of 10 inch.
    expected = [(0.05, 0.5, 0.3, 0.2), (0.55, 0.5, 0.3, 0.2), (0.05, 0.1, 0.3, 0.2)]
    for axis, place in zip(axes, expected, strict=True):
        assert axis.get_position().bounds == pytest.approx(place)
    assert [text.get_text() for text in figure.texts] == ["a?b"]


@pytest.mark.parametrize(("count", "size"), [(1, (5, 4)), (2, (10, 4)), (3, (10, 8)), (5, (10, 12))])
def test_the_figure_grows_with_its_plots(count: int, size: tuple[float, float]) -> None:
    figure, axes = grid(CELL, count)
    assert tuple(figure.get_size_inches()) == size
    assert len(axes) == count
    assert not figure.texts
