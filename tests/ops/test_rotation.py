"""Rotations from axis and angle against the matrix exponential in float64, with their derivatives."""

import pytest
import torch
from torch import Tensor

from gradunc.ops.geometry import SERIES_BELOW, pose_matrix, rotation_from_axis_angle

LIMIT = SERIES_BELOW**0.5
ANGLES = [0.0, 1e-12, 1e-9, 1e-7, 1e-5, 1e-4, 1e-3, 0.01, 0.1, LIMIT * (1 - 1e-7), LIMIT * (1 + 1e-7), 1.0, 2.0]
ANGLES += [torch.pi - 1e-6, torch.pi, torch.pi + 1e-6, 4.0, 2 * torch.pi]
"""[rad]; both sides of where the formula changes."""
AXES = torch.tensor([[1.0, 0, 0], [0, -1, 0], [0.6, -0.48, 0.64]], dtype=torch.float64)


def generators() -> Tensor:
    """(3,3,3) the cross products with x, y and z."""
    cross = torch.zeros(3, 3, 3, dtype=torch.float64)
    for axis in range(3):
        one, two = (axis + 1) % 3, (axis + 2) % 3
        cross[axis, two, one], cross[axis, one, two] = 1, -1
    return cross


def exponential(axis_angle: Tensor) -> Tensor:
    """(3,) float64 -> (3,3), by PyTorch's matrix exponential, which knows neither sines nor angles."""
    return torch.linalg.matrix_exp(torch.einsum("i,ijk->jk", axis_angle, generators()))


def rotation(axis_angle: Tensor) -> Tensor:
    return rotation_from_axis_angle(axis_angle[None])[0]


@pytest.mark.parametrize("axis", range(len(AXES)))
@pytest.mark.parametrize("angle", ANGLES)
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-13), (torch.float32, 2e-6)])
def test_value_and_gradient(angle: float, axis: int, dtype: torch.dtype, tolerance: float) -> None:
    axis_angle = (angle * AXES[axis]).to(dtype)
    found = rotation(axis_angle)
    assert found.dtype == dtype
    torch.testing.assert_close(found.double(), exponential(axis_angle.double()), rtol=0, atol=tolerance)
    slope = torch.autograd.functional.jacobian(rotation, axis_angle)
    expected = torch.autograd.functional.jacobian(exponential, axis_angle.double())
    assert isinstance(slope, Tensor)
    torch.testing.assert_close(slope.double(), expected, rtol=0, atol=4 * tolerance)


@pytest.mark.parametrize("angle", ANGLES)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_second_derivative(angle: float, dtype: torch.dtype) -> None:
    """Of x' R(a) y against the difference of first derivatives of the matrix exponential, in float64."""
    left, right = torch.tensor([0.3, -1.0, 0.7], dtype=dtype), torch.tensor([1.1, 0.4, -0.2], dtype=dtype)
    axis_angle = (angle * AXES[2]).to(dtype)
    found = torch.autograd.functional.hessian(lambda a: left @ rotation(a) @ right, axis_angle)
    assert isinstance(found, Tensor)
    step = 1e-5

    def slope(at: Tensor) -> Tensor:
        result = torch.autograd.functional.jacobian(lambda a: left.double() @ exponential(a) @ right.double(), at)
        assert isinstance(result, Tensor)
        return result

    moves = step * torch.eye(3, dtype=torch.float64)
    columns = [(slope(axis_angle.double() + move) - slope(axis_angle.double() - move)) / (2 * step) for move in moves]
    torch.testing.assert_close(found.double(), torch.stack(columns, 1), rtol=0, atol=1e-5)


def test_at_rest_the_derivative_is_the_cross_product() -> None:
    """A pose head that starts at zero learns to rotate: dR/da at 0 are the generators of the rotations."""
    slope = torch.autograd.functional.jacobian(rotation, torch.zeros(3))
    assert isinstance(slope, Tensor)
    assert torch.equal(slope, generators().float().permute(1, 2, 0))


@pytest.mark.parametrize("invert", [False, True])
def test_a_pose_at_rest_has_the_gradient_of_its_rotation(invert: bool) -> None:
    axis_angle = torch.zeros(1, 3, requires_grad=True)
    pose = pose_matrix(axis_angle, torch.zeros(1, 3), invert=invert)
    (slope,) = torch.autograd.grad(pose[0, 2, 1], axis_angle)
    assert slope.tolist() == [[-1.0 if invert else 1.0, 0.0, 0.0]]


def test_angles_of_a_batch_do_not_see_one_another() -> None:
    batch = torch.tensor([[0.0, 0.0, 0.0], [1e-7, 0.0, 0.0], [0.0, 2.0, 1.0]], requires_grad=True)
    together = rotation_from_axis_angle(batch)
    (slope,) = torch.autograd.grad(together.square().sum() + together[:, 0, 1].sum(), batch)
    for i in range(3):
        assert torch.equal(together[i], rotation(batch[i]))
    assert slope.isfinite().all()
