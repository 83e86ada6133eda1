import math

import pytest
import torch

from gradunc.ops.quantities import of_depth


def test_by_hand() -> None:
    depth = torch.tensor([0.5, 4.0])
    assert of_depth(depth, "depth").tolist() == [0.5, 4.0]
    assert of_depth(depth, "disparity").tolist() == [2.0, 0.25]
    assert of_depth(depth, "log_depth").tolist() == pytest.approx([-math.log(2), math.log(4)])


@pytest.mark.parametrize("quantity", ["disparity", "log_depth"])
def test_depth_that_is_not_positive_stays_finite(quantity: str) -> None:
    assert of_depth(torch.tensor([-1.0, 0.0]), quantity).isfinite().all()
