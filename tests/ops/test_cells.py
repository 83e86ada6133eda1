"""Averages over cells by hand."""

import torch

from gradunc.ops.cells import any_of, averaged, spread

MAP = torch.tensor([[1.0, 2, 3, 4, 5], [3, 4, 5, 6, 7], [9, 9, 9, 9, 1]]).view(1, 1, 3, 5)
KEEP = torch.tensor([[1, 0, 0, 0, 1], [0, 1, 0, 0, 0], [0, 0, 0, 1, 1]]).bool().view(1, 1, 3, 5)


def test_average_of_all_pixels_with_smaller_cells_at_the_border() -> None:
    # (1+2+3+4)/4, (3+4+5+6)/4, (5+7)/2; the last row: 9, 9, 1.
    assert averaged(MAP, None, 2).flatten().tolist() == [2.5, 4.5, 6, 9, 9, 1]


def test_average_of_pixels_that_count() -> None:
    # (1+4)/2, none, 5; none, 9, 1. What does not count may be anything.
    values = torch.where(KEEP, MAP, torch.nan)

    assert averaged(values, KEEP, 2).flatten().tolist() == [2.5, 0, 5, 0, 9, 1]
    assert any_of(KEEP, 2).flatten().tolist() == [True, False, True, False, True, True]


def test_spreading_undoes_the_average_of_equal_pixels() -> None:
    cells = torch.tensor([[1.0, 2, 3], [4, 5, 6]]).view(1, 1, 2, 3)
    pixels = spread(cells, 2, (3, 5))

    assert pixels[0, 0].tolist() == [[1, 1, 2, 2, 3], [1, 1, 2, 2, 3], [4, 4, 5, 5, 6]]
    assert torch.equal(averaged(pixels, None, 2), cells)
