"""Quantiles of true depth, by hand."""

import numpy as np
import pytest
import torch
from torch.utils.data import Dataset

from gradunc.data.inspection.depth_range import PIXELS, depth_range
from gradunc.data.loading.mixture import Mixture
from gradunc.errors import InputError
from gradunc.types import Sample


class Maps(Dataset[Sample]):
    """Depth maps; None cannot be read."""

    def __init__(self, *maps: torch.Tensor | None) -> None:
        self.maps = maps

    def __len__(self) -> int:
        return len(self.maps)

    def __getitem__(self, index: int) -> Sample:
        depth = self.maps[index]
        if depth is None:
            raise InputError("damaged")
        sample: Sample = {"image": torch.zeros(3, 2, 2), "index": torch.tensor(index), "depth": depth}
        return {**sample, "valid": depth > 0}


def flat(value: float) -> torch.Tensor:
    return torch.full((1, 2, 2), value)


def test_quantiles_of_what_is_known() -> None:
    depth = torch.arange(1.0, 1001.0).view(1, 25, 40)
    holes = torch.zeros(1, 5, 5)
    found = depth_range(Maps(depth, holes))
    assert found is not None
    assert found.samples == 1
    assert found.median == 500.5
    assert (found.low, found.high) == (pytest.approx(1.999), pytest.approx(999.001))


def test_what_is_no_depth_does_not_count() -> None:
    depth = torch.tensor([[[2.0, torch.inf], [torch.nan, -3.0]]])
    assert depth_range(Maps(depth, None, flat(4.0))) == (pytest.approx(2.0, abs=0.01), 4.0, 4.0, 2)
    assert depth_range(Maps(torch.zeros(1, 2, 2))) is None
    assert depth_range(Maps(None)) is None


def test_a_large_map_weighs_no_more_than_the_limit() -> None:
    large, small = torch.full((1, 100, 10 * PIXELS // 100), 1.0), torch.full((1, 1, PIXELS), 5.0)
    found = depth_range(Maps(large, small, small))
    assert found is not None
    assert found.median == 5.0


def test_parts_of_a_mixture_count_by_their_weight() -> None:
    """Nine samples of ten come from the part of ten maps that has a tenth of all maps."""
    near, far = Maps(*[flat(1.0)] * 90), Maps(*[flat(9.0)] * 10)
    by_weight = depth_range(Mixture({"near": near, "far": far}, {"near": 1.0, "far": 9.0}), 10)
    assert by_weight is not None
    assert by_weight.median == 9.0
    alone = depth_range(Mixture({"near": near, "far": far}, {"near": 0.0, "far": 1.0}), 10)
    assert alone is not None
    assert np.isclose(alone.low, 9.0)
