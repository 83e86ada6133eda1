"""Geometry against identities, the matrix exponential and shifts that can be counted in pixels."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from gradunc.ops.geometry import (
    backproject,
    pixel_grid,
    pose_matrix,
    project,
    rotation_from_axis_angle,
    transform,
    warp,
)

SEEDS = st.integers(0, 2**31 - 1)


def camera(f: float = 20.0, cx: float = 9.5, cy: float = 3.5) -> Tensor:
    return torch.tensor([[[f, 0.0, cx], [0.0, f, cy], [0.0, 0.0, 1.0]]])


def translation(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Tensor:
    pose = torch.eye(4)[None]
    pose[0, :3, 3] = torch.tensor([x, y, z])
    return pose


def random(seed: int, *shape: int, low: float = -1.0, high: float = 1.0) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * (high - low) + low


def skew(a: Tensor) -> Tensor:
    x, y, z = a.tolist()
    return torch.tensor([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]], dtype=torch.float64)


@settings(deadline=None, max_examples=30)
@given(SEEDS, st.integers(1, 6), st.integers(1, 9))
def test_projecting_lifted_pixels_gives_the_pixels_back(seed: int, height: int, width: int) -> None:
    depth = random(seed, 2, 1, height, width, low=0.5, high=80.0)
    intrinsics = camera().expand(2, 3, 3)
    pixels, z = project(backproject(depth, intrinsics), intrinsics)
    assert torch.allclose(pixels, pixel_grid(height, width)[:2].expand(2, -1, -1), atol=1e-4)
    assert torch.allclose(z, depth.flatten(2), rtol=1e-5)


def test_backproject_by_hand() -> None:
    # f = 2, centre (1, 0): pixel (3, 1) at 4 m is ((3-1)/2*4, 1/2*4, 4).
    points = backproject(torch.full((1, 1, 2, 4), 4.0), camera(2.0, 1.0, 0.0))
    assert points[0, :, 1 * 4 + 3].tolist() == pytest.approx([4.0, 2.0, 4.0])


@settings(deadline=None, max_examples=50)
@given(SEEDS, st.sampled_from([1e-5, 1e-3, 0.1, 1.0, 3.0]))
def test_rotation_is_the_matrix_exponential(seed: int, angle: float) -> None:
    axis_angle = angle * random(seed, 1, 3)
    rotation = rotation_from_axis_angle(axis_angle)[0].double()
    assert torch.allclose(rotation, torch.linalg.matrix_exp(skew(axis_angle[0])), atol=2e-6)
    assert torch.allclose(rotation @ rotation.T, torch.eye(3, dtype=torch.float64), atol=2e-6)
    assert float(torch.linalg.det(rotation)) == pytest.approx(1.0, abs=2e-6)


def test_zero_rotation_is_the_identity_and_has_a_finite_gradient() -> None:
    axis_angle = torch.zeros(2, 3, requires_grad=True)
    rotation = rotation_from_axis_angle(axis_angle)
    assert torch.equal(rotation.detach(), torch.eye(3).expand(2, 3, 3))
    rotation.sum().backward()
    assert axis_angle.grad is not None
    assert axis_angle.grad.isfinite().all()


@settings(deadline=None, max_examples=30)
@given(SEEDS)
def test_inverted_pose_undoes_the_pose(seed: int) -> None:
    axis_angle, shift = random(seed, 3, 3), random(seed + 1, 3, 3)
    forward, backward = pose_matrix(axis_angle, shift), pose_matrix(axis_angle, shift, invert=True)
    assert torch.allclose(backward @ forward, torch.eye(4).expand(3, 4, 4), atol=1e-5)
    assert torch.allclose(backward, torch.linalg.inv(forward), atol=1e-5)


def test_pose_rotates_first_and_then_translates() -> None:
    quarter = torch.tensor([[0.0, 0.0, torch.pi / 2]])
    pose = pose_matrix(quarter, torch.tensor([[5.0, 0.0, 0.0]]))
    moved = transform(pose, torch.tensor([[[1.0], [0.0], [2.0]]]))
    assert moved.flatten().tolist() == pytest.approx([5.0, 1.0, 2.0], abs=1e-5)


@settings(deadline=None, max_examples=20)
@given(SEEDS)
def test_warp_without_motion_is_the_image(seed: int) -> None:
    image = random(seed, 2, 3, 8, 20, low=0.0)
    depth = random(seed + 1, 2, 1, 8, 20, low=0.5, high=50.0)
    view, inside = warp(image, depth, camera().expand(2, 3, 3), torch.eye(4).expand(2, 4, 4))
    assert torch.allclose(view, image, atol=1e-4)
    # Rounding may push border pixels out by 1e-6 of the image.
    assert inside[..., 1:-1, 1:-1].all()


@pytest.mark.parametrize("pixels", [1, 3, -2])
def test_warp_of_a_wall_shifts_it_by_f_b_over_z(pixels: int) -> None:
    image, z, f = random(7, 1, 3, 8, 20, low=0.0), 10.0, 20.0
    move = pixels * z / f
    view, inside = warp(image, torch.full((1, 1, 8, 20), z), camera(f), translation(x=move))
    columns = (torch.arange(20) + pixels).clamp(0, 19)
    assert torch.allclose(view, image[..., columns], atol=1e-4)
    expected = (torch.arange(20) + pixels >= 0) & (torch.arange(20) + pixels <= 19)
    # The outermost valid column lies exactly on the border, where rounding decides.
    sure = (torch.arange(20) + pixels != 0) & (torch.arange(20) + pixels != 19)
    assert torch.equal(inside[0, 0, 4][sure], expected[sure])


def test_half_a_pixel_of_shift_averages_two_neighbours() -> None:
    image = random(8, 1, 1, 8, 20, low=0.0)
    view, _ = warp(image, torch.full((1, 1, 8, 20), 10.0), camera(20.0), translation(x=0.25))
    assert torch.allclose(view[..., :-1], (image[..., :-1] + image[..., 1:]) / 2, atol=1e-4)


def test_points_behind_the_source_are_not_in_view() -> None:
    _, inside = warp(torch.rand(1, 3, 8, 20), torch.full((1, 1, 8, 20), 5.0), camera(), translation(z=-6.0))
    assert not inside.any()


def test_warp_takes_the_intrinsics_of_the_source() -> None:
    image = random(9, 1, 1, 8, 20, low=0.0)
    view, _ = warp(image, torch.ones(1, 1, 8, 20), camera(cx=9.5), torch.eye(4)[None], camera(cx=11.5))
    assert torch.allclose(view[..., :18], image[..., 2:], atol=1e-4)
