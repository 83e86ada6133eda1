"""Auxiliary losses in closed form."""

import math

import pytest
import torch
from torch import Tensor

from gradunc.errors import InputError
from gradunc.types import DepthPrediction
from gradunc.uncertainty.auxiliary import masked_mean, predicted_variance, squared


def depth_and_reference() -> tuple[Tensor, Tensor]:
    depth = torch.tensor([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]).view(2, 1, 1, 4).requires_grad_()
    reference = torch.tensor([[0.0, 4.0, 3.0, 4.0], [5.0, 6.0, 7.0, 0.0]]).view(2, 1, 1, 4)
    return depth, reference


def test_squared_is_the_mean_per_image_and_its_gradient_2_difference_over_pixels() -> None:
    depth, reference = depth_and_reference()
    loss = squared(DepthPrediction(depth), reference, None)
    (gradient,) = torch.autograd.grad(loss.sum(), depth)

    assert loss.tolist() == [5 / 4, 64 / 4]
    assert torch.equal(gradient, 2 * (depth.detach() - reference) / 4)


def test_squared_counts_kept_pixels_only() -> None:
    depth, reference = depth_and_reference()
    keep = torch.tensor([[True, True, True, False], [True, True, False, False]]).view(2, 1, 1, 4)
    loss = squared(DepthPrediction(depth), reference, keep)
    (gradient,) = torch.autograd.grad(loss.sum(), depth)

    torch.testing.assert_close(loss, torch.tensor([5 / 3, 0.0]))
    torch.testing.assert_close(gradient.flatten(1), torch.tensor([[2 / 3, -4 / 3, 0.0, 0.0], [0.0] * 4]))


@pytest.mark.parametrize("wild", [math.nan, math.inf, -math.inf, 1e30])
def test_wild_depth_outside_the_mask_leaves_no_trace(wild: float) -> None:
    depth = torch.tensor([1.0, wild]).view(1, 1, 1, 2).requires_grad_()
    reference = torch.tensor([3.0, 1.0]).view(1, 1, 1, 2)
    keep = torch.tensor([True, False]).view(1, 1, 1, 2)
    loss = squared(DepthPrediction(depth), reference, keep)
    (gradient,) = torch.autograd.grad(loss.sum(), depth)

    assert loss.tolist() == [4.0]
    assert gradient.flatten().tolist() == [-4.0, 0.0]


def test_loss_of_half_precision_depth_is_taken_in_float32() -> None:
    depth = torch.full((1, 1, 1, 2), 300.0, dtype=torch.float16)

    assert squared(DepthPrediction(depth), torch.zeros_like(depth), None).tolist() == [90000.0]  # above float16's max


def test_masked_mean_of_no_pixel_is_zero() -> None:
    values, keep = torch.ones(2, 1, 1, 2), torch.tensor([[False, False], [True, False]]).view(2, 1, 1, 2)

    assert masked_mean(values, keep).tolist() == [0.0, 1.0]
    assert masked_mean(values, None).tolist() == [1.0, 1.0]


def test_predicted_variance_is_the_mean_of_exp_2h() -> None:
    log_scale = torch.tensor([0.0, math.log(3), 200.0]).view(1, 1, 1, 3).requires_grad_()
    keep = torch.tensor([True, True, False]).view(1, 1, 1, 3)
    loss = predicted_variance(DepthPrediction(torch.ones(1, 1, 1, 3), log_scale=log_scale), keep)
    (gradient,) = torch.autograd.grad(loss.sum(), log_scale)

    torch.testing.assert_close(loss, torch.tensor([(1 + 9) / 2]))
    torch.testing.assert_close(gradient.flatten(), torch.tensor([1.0, 9.0, 0.0]))  # 2 exp(2h) / 2 kept pixels


def test_predicted_variance_needs_the_head() -> None:
    with pytest.raises(InputError, match="needs a network with an uncertainty head; set variance_weight=0"):
        predicted_variance(DepthPrediction(torch.ones(1, 1, 1, 1)), None)
