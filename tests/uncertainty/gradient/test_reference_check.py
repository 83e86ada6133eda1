"""The figures that tell whether a mirrored prediction is of the same scene."""

import math

import pytest
import torch
from torch import Tensor

from gradunc.uncertainty.gradient.reference_check import LIMITS, SAMPLE, Figures, disagreement, disagrees

COLUMNS = torch.linspace(-0.5, 0.5, 101)
ROWS = torch.linspace(0, 1, 101)[:, None]


def figures(log_depth: Tensor, error: Tensor, keep: Tensor | None = None) -> list[float]:
    """Of one image whose log depth and whose difference to the mirrored log depth are known."""
    depth = log_depth.exp().expand(1, 1, 101, 101)
    return disagreement(depth, depth * error.exp(), keep)[0].tolist()


def test_a_factor_is_a_shift_alone() -> None:
    assert figures(2 * ROWS, torch.tensor(-0.1)) == pytest.approx([0.1, 0, 0], abs=1e-5)


def test_a_slope_over_the_width_is_a_tilt() -> None:
    # The outer percentiles of columns and rows are 0.68 apart: 0.4 of the width against 2 of the height.
    assert figures(2 * ROWS, -0.4 * COLUMNS) == pytest.approx([0, 0.4 / 2, 0.4], abs=1e-5)


def test_what_is_not_shared_counts_in_units_of_the_structure() -> None:
    # Over the rows: median 0.25, no slope over the columns.
    assert figures(2 * ROWS, 0.5 * ROWS) == pytest.approx([0.25, 0.25, 0], abs=1e-5)


def test_a_depth_without_structure() -> None:
    assert figures(torch.tensor(1.0), torch.tensor(0.0)) == pytest.approx([0, 0, 0])
    assert figures(torch.tensor(1.0), 0.01 * ROWS)[1] > 1e6


def test_pixels_that_do_not_count() -> None:
    keep = torch.ones(1, 1, 101, 101, dtype=torch.bool)
    keep[..., :51] = False
    half = torch.where(COLUMNS > 0, 0.2 * COLUMNS, 5.0)

    # Of the kept columns 0.01, ..., 0.5 the median is 0.255; the outer percentiles are 0.3332 apart: of 101 rows each,
    # they lie 0.84 of the way from the 8th to the 9th and 0.16 from the 42nd to the 43rd.
    assert figures(2 * ROWS, half, keep) == pytest.approx([0.2 * 0.255, 0.2 * 0.3332 / (2 * 0.68), 0.2], abs=1e-5)
    assert all(math.isnan(one) for one in figures(2 * ROWS, half, torch.zeros_like(keep)))


def test_values_that_are_not_finite_do_not_count() -> None:
    error = 0.1 + 0 * COLUMNS
    error[3], error[40] = torch.nan, torch.inf

    assert figures(2 * ROWS, error) == pytest.approx([0.1, 0, 0], abs=1e-5)


def test_an_image_is_judged_alone_and_by_a_sample_of_its_pixels() -> None:
    depth, other = torch.rand(2, 3, 1, 300, 400, generator=torch.Generator().manual_seed(0)) + 0.5
    step = int((300 * 400 / SAMPLE) ** 0.5)

    together = disagreement(depth, other)
    assert step == 3
    assert torch.equal(together[1:2], disagreement(depth[1:2], other[1:2]))
    assert torch.equal(together, disagreement(depth[..., ::3, ::3], other[..., ::3, ::3]))


@pytest.mark.parametrize("name", Figures._fields)
def test_one_figure_above_its_limit_is_enough(name: str) -> None:
    at, above = LIMITS, LIMITS._replace(**{name: getattr(LIMITS, name) * 1.001})
    unknown = Figures(math.nan, math.nan, math.nan)

    assert disagrees(torch.tensor([at, above, unknown])).tolist() == [False, True, False]
