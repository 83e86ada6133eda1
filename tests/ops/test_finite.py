import math

import pytest
import torch

from gradunc.ops.finite import broken, broken_name


def test_flags_of_every_kind_of_value() -> None:
    values = [
        torch.tensor(1.0),
        torch.tensor(math.nan),
        torch.tensor([1.0, -math.inf]),
        torch.full((2, 3), 3e38),  # finite, although its square is not
        torch.zeros(0),
        torch.tensor([1.0, math.nan], dtype=torch.float64),
        torch.tensor([[math.inf]], dtype=torch.float16),
    ]
    assert broken(values).tolist() == [False, True, True, False, False, True, True]
    assert broken([]).tolist() == []


def test_flags_carry_no_graph() -> None:
    assert not broken([torch.ones(2, requires_grad=True)]).requires_grad


@pytest.mark.parametrize("name", ["a", "c"])
def test_the_first_broken_tensor_is_named(name: str) -> None:
    state = {"a": torch.ones(2), "b": torch.ones(2, dtype=torch.long), "c": torch.ones(1), "d": torch.tensor(math.nan)}
    state[name] = state[name] / 0
    assert broken_name(state) == name


def test_finite_tensors_have_no_name() -> None:
    assert broken_name({"a": torch.ones(2), "count": torch.tensor(3)}) is None
    assert broken_name({}) is None
