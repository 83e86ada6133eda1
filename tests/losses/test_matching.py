import math

import pytest
import torch
from torch import Tensor

from gradunc.losses import LossEngine
from gradunc.losses.matching import gradient_matching
from tests.losses.helpers import inputs, prediction, random


def masked(rows: list[list[float]]) -> tuple[Tensor, Tensor]:
    """Residual of one image, NaN = unknown."""
    values = torch.tensor(rows)[None, None]
    keep = ~values.isnan()
    return torch.where(keep, values, 0.0), keep


NAN = math.nan


def test_one_scale_by_hand() -> None:
    # Stride 1: six pixels. Stride 2 leaves 0 and 3 of the first row: one step over two pixels; beyond, single pixels.
    residual, keep = masked([[0.0, 2.0, 3.0], [1.0, -2.0, 3.0]])
    along_x = 2 + 1 + 3 + 5
    along_y = 1 + 4 + 0
    assert float(gradient_matching(residual, keep)) == pytest.approx((along_x + along_y) / 6 + 3 / 2)


def test_neighbours_count_only_if_both_are_known() -> None:
    # Stride 1: five pixels, along x 2, 3 and 5, along y 1 and 4. Stride 2 has one known pixel and no step.
    residual, keep = masked([[0.0, 2.0, NAN], [1.0, -2.0, 3.0]])
    assert float(gradient_matching(residual, keep)) == pytest.approx((2 + 3 + 5 + 1 + 4) / 5)


def test_four_scales_by_hand() -> None:
    # A ramp of slope 1 over 16 columns: every scale has the steps of its stride, over all its pixels.
    residual = torch.arange(16.0).expand(1, 1, 16, 16)
    expected = sum(stride * (n - 1) / n for stride, n in ((1, 16), (2, 8), (4, 4), (8, 2)))
    assert float(gradient_matching(residual, torch.ones(1, 1, 16, 16).bool())) == pytest.approx(expected)


def test_a_second_implementation() -> None:
    residual, keep = random(0, 2, 1, 17, 23) - 0.5, random(1, 2, 1, 17, 23) > 0.3
    expected = 0.0
    for r, k in zip(residual[:, 0].tolist(), keep[:, 0].tolist(), strict=True):
        for stride in (1, 2, 4, 8):
            rows, columns = range(0, 17, stride), range(0, 23, stride)
            total = sum(
                abs(r[y + dy][x + dx] - r[y][x])
                for y in rows
                for x in columns
                for dy, dx in ((stride, 0), (0, stride))
                if y + dy < 17 and x + dx < 23 and k[y][x] and k[y + dy][x + dx]
            )
            expected += total / sum(k[y][x] for y in rows for x in columns) / 2
    assert float(gradient_matching(torch.where(keep, residual, 0.0), keep)) == pytest.approx(expected, rel=1e-5)


def test_a_factor_on_the_prediction_costs_nothing_and_a_wrong_edge_does() -> None:
    truth = 2 + random(0, 1, 1, 8, 8)
    scaled, blurred = 3 * truth, truth.mean() + 0 * truth

    def loss(depth: Tensor) -> float:
        given = inputs(prediction(depth), depth=truth, valid=truth > 0)
        return float(LossEngine({"gradient_matching": 1.0})(given).total)

    assert loss(scaled) == pytest.approx(0, abs=1e-5)
    assert loss(blurred) > 0.1
