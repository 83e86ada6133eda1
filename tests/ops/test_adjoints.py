"""Hand-written adjoints against ordinary autograd."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from gradunc.ops.adjoints import Convolution, convolution_adjoint, narrow_adjoint, padding_adjoint

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
def test_convolution_adjoint_is_that_of_autograd(kernel, stride, padding, dilation, groups, channels_last) -> None:
    generator = torch.Generator().manual_seed(0)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    image = torch.randn(2, 4, 11, 13, dtype=torch.double, generator=generator).contiguous(memory_format=layout)
    weight = torch.randn(6, 4 // groups, *kernel, dtype=torch.double, generator=generator)
    image.requires_grad_()
    output = F.conv2d(image, weight, None, stride, padding, dilation, groups)
    gradient = torch.randn(output.shape, dtype=torch.double, generator=generator)
    (expected,) = torch.autograd.grad(output, image, gradient)

    how = Convolution(stride, padding, dilation, groups)
    found = convolution_adjoint(gradient, weight, (11, 13), how, channels_last=channels_last)

    torch.testing.assert_close(found, expected)


def test_the_gradient_of_a_single_channel_comes_in_the_layout_of_the_input() -> None:
    weight = torch.randn(1, 16, 3, 3)
    gradient = torch.randn(1, 1, 8, 10)
    plain = Convolution((1, 1), (1, 1), (1, 1), 1)

    last = convolution_adjoint(gradient, weight, (8, 10), plain, channels_last=True)
    first = convolution_adjoint(gradient, weight, (8, 10), plain, channels_last=False)

    assert last.is_contiguous(memory_format=torch.channels_last)
    assert first.is_contiguous()
    torch.testing.assert_close(last, first)


def test_fold_by_hand() -> None:
    # Padded row: c b [a b c d] d' = c; the border cells 1, 2 mirror columns 2, 1, the last one mirrors column 2.
    gradient = torch.tensor([1.0, 2.0, 10.0, 20.0, 30.0, 40.0, 5.0]).view(1, 1, 1, 7)

    assert padding_adjoint(gradient, (2, 1, 0, 0), "reflect").flatten().tolist() == [10.0, 22.0, 36.0, 40.0]


@pytest.mark.parametrize("border", [(1, 1, 1, 1), (0, 2, 3, 0), (2, 0, 0, 1), (3, 3, 2, 2), (0, 0, 0, 0)])
@pytest.mark.parametrize("channels_last", [False, True])
def test_fold_is_the_adjoint_of_the_reflecting_pad(border: tuple[int, int, int, int], channels_last: bool) -> None:
    layout = torch.channels_last if channels_last else torch.contiguous_format
    image = torch.randn(2, 3, 5, 6, dtype=torch.double).contiguous(memory_format=layout).requires_grad_()
    padded = F.pad(image, border, mode="reflect")
    gradient = torch.randn_like(padded)
    (expected,) = torch.autograd.grad(padded, image, gradient)
    before = gradient.clone()

    torch.testing.assert_close(padding_adjoint(gradient, border, "reflect"), expected)
    assert torch.equal(gradient, before)


def test_replicated_cells_are_added_to_the_edge_by_hand() -> None:
    gradient = torch.tensor([1.0, 2.0, 10.0, 20.0, 30.0, 5.0]).view(1, 1, 6)

    assert padding_adjoint(gradient, (2, 1), "replicate").flatten().tolist() == [13.0, 20.0, 35.0]


@pytest.mark.parametrize("mode", ["reflect", "replicate"])
@pytest.mark.parametrize("axes", [1, 2, 3])
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_padding_adjoint_over_any_number_of_axes(mode, axes: int, data) -> None:
    """Also where both borders reach the same cells."""
    size = data.draw(st.lists(st.integers(3, 6), min_size=axes, max_size=axes))
    padding = [data.draw(st.integers(0, length - 1)) for length in reversed(size) for _ in range(2)]
    image = torch.randn(2, 2, *size, dtype=torch.double, requires_grad=True)
    padded = F.pad(image, padding, mode=mode)
    gradient = torch.randn_like(padded)
    (expected,) = torch.autograd.grad(padded, image, gradient)

    torch.testing.assert_close(padding_adjoint(gradient, padding, mode), expected)


@pytest.mark.parametrize(("axes", "convolve"), [(1, F.conv1d), (3, F.conv3d)])
@pytest.mark.parametrize("stride", [1, 2])
def test_convolution_adjoint_over_other_numbers_of_axes(axes: int, convolve, stride: int) -> None:
    size = [7, 6, 5][:axes]
    image = torch.randn(2, 4, *size, dtype=torch.double, requires_grad=True)
    weight = torch.randn(6, 2, *[3] * axes, dtype=torch.double)
    output = convolve(image, weight, None, stride, 1, 1, 2)
    gradient = torch.randn_like(output)
    (expected,) = torch.autograd.grad(output, image, gradient)

    how = Convolution([stride] * axes, [1] * axes, [1] * axes, 2)
    torch.testing.assert_close(convolution_adjoint(gradient, weight, size, how), expected)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_narrow_adjoint_is_that_of_autograd(axis: int) -> None:
    tensor = torch.randn(5, 6, 7, requires_grad=True)
    part = tensor.narrow(axis, 1, 3)
    gradient = torch.randn_like(part)
    (expected,) = torch.autograd.grad(part, tensor, gradient)

    assert torch.equal(narrow_adjoint(gradient, axis, 1, tensor.shape[axis] - 4), expected)
