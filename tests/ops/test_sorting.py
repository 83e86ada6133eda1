"""Sorting and ranks, against NumPy and scipy."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from gradunc.ops.sorting import ascending, ranks

VALUES = st.lists(st.one_of(st.floats(-1e300, 1e300), st.sampled_from([0.0, -0.0, 1.0])), max_size=60)


@given(VALUES)
def test_ascending_is_the_order_of_torch(values: list[float]) -> None:
    tensor = torch.tensor(values, dtype=torch.float64)
    assert torch.equal(ascending(tensor), tensor.sort().values)


@given(VALUES)
def test_ranks_are_those_of_scipy(values: list[float]) -> None:
    found = ranks(torch.tensor(values, dtype=torch.float64))
    assert found.dtype == torch.int64
    assert found.tolist() == (2 * rankdata(np.array(values)) - 1).tolist()


def test_maps_of_networks_need_no_copy_by_the_caller() -> None:
    """With a graph, not contiguous, in half precision."""
    values = torch.tensor([[3.0, 1.0], [2.0, 2.0], [1.0, 3.0]], dtype=torch.float16, requires_grad=True)[:, 0]
    assert ascending(values).tolist() == [1, 2, 3]
    assert ranks(values).tolist() == [5, 3, 1]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_gives_the_same() -> None:
    values = torch.randint(50, (500,), generator=torch.Generator().manual_seed(0)).double()
    assert torch.equal(ascending(values.cuda()).cpu(), ascending(values))
    assert torch.equal(ranks(values.cuda()).cpu(), ranks(values))
