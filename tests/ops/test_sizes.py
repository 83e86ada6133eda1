"""Sizes that networks of others say, in every form that one may meet."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from gradunc.ops.sizes import training_size

SIZES = [
    ((32, 64), (32, 64)),
    ([32, 64], (32, 64)),
    (torch.Size([32, 64]), (32, 64)),
    ((np.int64(32), np.uint8(64)), (32, 64)),
    (64, None),
    ((3, 32, 64), None),
    ((32.0, 64.0), None),
    ((True, True), None),
    ((0, 64), None),
    (("32", "64"), None),
    (nn.Identity(), None),
    (None, None),
]


@pytest.mark.parametrize(("said", "expected"), SIZES)
def test_the_size_that_a_network_says_it_was_trained_on(said: Any, expected: Any) -> None:
    network = nn.Identity()
    network.size = said

    found = training_size(network)
    assert found == expected
    assert found is None or [type(one) for one in found] == [int, int]


def test_a_network_that_says_nothing_has_no_size() -> None:
    assert training_size(nn.Identity()) is None
