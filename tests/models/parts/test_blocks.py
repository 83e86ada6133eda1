"""The out-of-place ELU against PyTorch's."""

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from gradunc.models.parts.blocks import ELU

EXTREME = [0.0, -0.0, 1e-8, -1e-8, 1e4, -1e4, 3e38, -3e38, math.inf, -math.inf, math.nan, -1.0, 2.5]


def both(x: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """(value, gradient) of ours and of PyTorch's, for an arbitrary gradient from behind."""
    results = []
    weights = torch.linspace(-2, 3, x.numel(), dtype=torch.float64).to(x.dtype).view(x.shape)
    for function in (ELU(), F.elu):
        leaf = x.detach().requires_grad_()
        y = function(leaf)
        results.append((y.detach(), torch.autograd.grad(y, leaf, weights)[0]))
    return results


def test_values_by_hand() -> None:
    x = torch.tensor([-math.log(2), 0.0, 3.0])

    torch.testing.assert_close(ELU()(x), torch.tensor([-0.5, 0.0, 3.0]))


# In bfloat16 exp(x) is rounded before 1 is taken away: 2^-9 of at most 1, times gradients of at most 3.
@pytest.mark.parametrize(
    "tolerance",
    [
        (torch.float64, {"rtol": 1e-12, "atol": 1e-15}),
        (torch.float32, {"rtol": 1e-6, "atol": 1e-7}),
        (torch.bfloat16, {"rtol": 2**-7, "atol": 3 * 2**-8}),
    ],
    ids=["float64", "float32", "bfloat16"],
)
def test_forward_and_backward(tolerance: tuple[torch.dtype, dict[str, Any]]) -> None:
    dtype, bounds = tolerance
    x = (4 * torch.randn(2, 5, 6, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(0))).to(dtype)
    ours, theirs = both(x)

    assert ours[0].dtype == dtype
    for mine, expected in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, expected, **bounds)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_extreme_values(dtype: torch.dtype) -> None:
    ours, theirs = both(torch.tensor(EXTREME, dtype=torch.float64).to(dtype))

    for mine, expected in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, expected, rtol=2**-7 if dtype == torch.bfloat16 else 1e-6, atol=1e-7,
                                   equal_nan=True)  # fmt: skip


def test_gradcheck() -> None:
    x = torch.tensor([-3.0, -0.5, 0.4, 2.0], dtype=torch.float64, requires_grad=True)

    assert torch.autograd.gradcheck(ELU(), (x,))


@pytest.mark.parametrize(
    "view", [lambda x: x[:, ::2], lambda x: x.transpose(1, 3), lambda x: x[:, :1].expand(2, 4, 5, 6)]
)
def test_views(view: Any) -> None:
    ours, theirs = both(view(torch.randn(2, 4, 5, 6, generator=torch.Generator().manual_seed(0))))

    for mine, expected in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, expected, rtol=1e-6, atol=1e-7)


def test_channels_last_stays_channels_last() -> None:
    x = torch.randn(2, 4, 5, 6).to(memory_format=torch.channels_last)

    assert ELU()(x).is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("recording", [True, False])
def test_the_input_is_left_alone(recording: bool) -> None:
    x = torch.tensor([-1.0, 0.5, 2.0])
    with torch.set_grad_enabled(recording):
        ELU()(x.clone().requires_grad_() if recording else x)
        ELU()(x)

    assert x.tolist() == [-1.0, 0.5, 2.0]


def test_an_empty_tensor() -> None:
    assert ELU()(torch.zeros(0, 3)).shape == (0, 3)
