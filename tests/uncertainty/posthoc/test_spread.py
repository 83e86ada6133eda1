"""Mean and standard deviation of maps with holes, against NumPy."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gradunc.uncertainty.posthoc.spread import Spread

VALUES = st.floats(-1e4, 1e4, width=32)


@given(arrays(np.float32, (5, 1, 1, 2, 3), elements=VALUES), arrays(np.bool_, (5, 1, 1, 2, 3)))
def test_against_numpy(values, known):
    spread = Spread(torch.zeros(1, 1, 2, 3))
    for one, here in zip(values, known, strict=True):
        spread.add(torch.from_numpy(one), torch.from_numpy(here))
    for place in np.ndindex(1, 1, 2, 3):
        seen = values[(slice(None), *place)][known[(slice(None), *place)]].astype(np.float64)
        assert spread.enough[place] == (len(seen) > 1)
        scale = 1e-5 * max(1.0, float(np.abs(values).max()))
        expected = seen.std(ddof=1) if len(seen) > 1 else 0.0
        assert abs(float(spread.std()[place]) - expected) <= scale
        assert abs(float(spread.mean[place]) - (seen.mean() if len(seen) else 0.0)) <= scale


def test_small_spreads_of_large_values_keep_their_digits():
    spread = Spread(torch.zeros(1, 1, 1, 1))
    for value in (9999.0, 10000.0, 10001.0):
        spread.add(torch.full((1, 1, 1, 1), value))
    assert spread.std().item() == 1.0


def test_values_that_are_no_numbers_do_not_count():
    spread = Spread(torch.zeros(1, 1, 1, 1))
    for value in (1.0, float("nan"), float("inf"), 3.0):
        spread.add(torch.full((1, 1, 1, 1), value))
    assert spread.count.item() == 2
    assert spread.mean.item() == 2.0
    assert spread.std().item() == np.float32(2**0.5)
