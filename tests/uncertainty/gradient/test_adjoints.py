"""Hand-written adjoints against ordinary autograd."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from gradunc.uncertainty.gradient.adjoints import Settings, fold_border, input_gradient

KERNELS = st.tuples(st.integers(1, 4), st.integers(1, 4))
PAIRS = st.tuples(st.integers(1, 3), st.integers(1, 3))


@settings(max_examples=150, deadline=None)
@given(
    kernel=KERNELS,
    stride=PAIRS,
    padding=st.tuples(st.integers(0, 3), st.integers(0, 3)),
    dilation=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    groups=st.sampled_from([1, 2]),
    channels_last=st.booleans(),
)
def test_input_gradient_is_that_of_autograd(kernel, stride, padding, dilation, groups, channels_last) -> None:
    generator = torch.Generator().manual_seed(0)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    image = torch.randn(2, 4, 11, 13, dtype=torch.double, generator=generator).contiguous(memory_format=layout)
    weight = torch.randn(6, 4 // groups, *kernel, dtype=torch.double, generator=generator)
    image.requires_grad_()
    output = F.conv2d(image, weight, None, stride, padding, dilation, groups)
    gradient = torch.randn(output.shape, dtype=torch.double, generator=generator)
    (expected,) = torch.autograd.grad(output, image, gradient)

    found = input_gradient(gradient, weight, (11, 13), Settings(stride, padding, dilation, groups), channels_last)

    torch.testing.assert_close(found, expected)


def test_the_gradient_of_a_single_channel_comes_in_the_layout_of_the_input() -> None:
    weight = torch.randn(1, 16, 3, 3)
    gradient = torch.randn(1, 1, 8, 10)
    plain = Settings((1, 1), (1, 1), (1, 1), 1)

    last = input_gradient(gradient, weight, (8, 10), plain, channels_last=True)
    first = input_gradient(gradient, weight, (8, 10), plain, channels_last=False)

    assert last.is_contiguous(memory_format=torch.channels_last)
    assert first.is_contiguous()
    torch.testing.assert_close(last, first)


def test_fold_by_hand() -> None:
    # Padded row: c b [a b c d] d' = c; the border cells 1, 2 mirror columns 2, 1, the last one mirrors column 2.
    gradient = torch.tensor([1.0, 2.0, 10.0, 20.0, 30.0, 40.0, 5.0]).view(1, 1, 1, 7)

    assert fold_border(gradient, (2, 1, 0, 0)).flatten().tolist() == [10.0, 22.0, 36.0, 40.0]


@pytest.mark.parametrize("border", [(1, 1, 1, 1), (0, 2, 3, 0), (2, 0, 0, 1), (3, 3, 2, 2), (0, 0, 0, 0)])
@pytest.mark.parametrize("channels_last", [False, True])
def test_fold_is_the_adjoint_of_the_reflecting_pad(border: tuple[int, int, int, int], channels_last: bool) -> None:
    layout = torch.channels_last if channels_last else torch.contiguous_format
    image = torch.randn(2, 3, 5, 6, dtype=torch.double).contiguous(memory_format=layout).requires_grad_()
    padded = F.pad(image, border, mode="reflect")
    gradient = torch.randn_like(padded)
    (expected,) = torch.autograd.grad(padded, image, gradient)
    before = gradient.clone()

    torch.testing.assert_close(fold_border(gradient, border), expected)
    assert torch.equal(gradient, before)
