import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gradunc.ops.disparity import depth_from_sigmoid, resize, resize_depth


@given(st.floats(0, 1), st.floats(0.01, 5), st.floats(6, 200))
def test_disparity_is_linear_between_the_two_limits(sigmoid: float, low: float, high: float) -> None:
    depth = float(depth_from_sigmoid(torch.tensor(sigmoid, dtype=torch.float64), low, high))
    assert 1 / depth == pytest.approx((1 - sigmoid) / high + sigmoid / low, rel=1e-9)


def test_published_range() -> None:
    # methods.md F.3: disparity between 0.01 and 10.
    disparity = 1 / depth_from_sigmoid(torch.tensor([0.0, 0.5, 1.0], dtype=torch.float64))
    assert disparity.tolist() == pytest.approx([0.01, 5.005, 10.0])


def test_resize_has_half_pixel_centres() -> None:
    # Twice as wide: centres at -0.25, 0.25, 0.75, 1.25 of the source, the border repeated.
    assert resize(torch.tensor([[[[0.0, 4.0]]]]), (1, 4)).flatten().tolist() == pytest.approx([0.0, 1.0, 3.0, 4.0])


def test_resize_to_the_same_size_is_the_same_tensor() -> None:
    maps = torch.rand(1, 2, 3, 4)
    assert resize(maps, (3, 4)) is maps
    assert resize_depth(maps, (3, 4)) is maps


def test_a_depth_edge_is_interpolated_in_disparity() -> None:
    depth = torch.tensor([[[[2.0, 80.0]]]])
    near, far = 1 / 2, 1 / 80
    expected = [2.0, 1 / (0.75 * near + 0.25 * far), 1 / (0.25 * near + 0.75 * far), 80.0]
    assert resize_depth(depth, (1, 4)).flatten().tolist() == pytest.approx(expected)
    # Halving meets the edge in the middle: the harmonic mean of 2 and 80, not 41.
    assert float(resize_depth(depth, (1, 1))) == pytest.approx(2 * 2 * 80 / 82)


@given(st.integers(1, 9), st.integers(1, 9), st.floats(0.1, 100))
def test_a_wall_stays_a_wall(height: int, width: int, depth: float) -> None:
    resized = resize_depth(torch.full((1, 1, 3, 5), depth), (height, width))
    assert torch.allclose(resized, torch.full((1, 1, height, width), depth))
