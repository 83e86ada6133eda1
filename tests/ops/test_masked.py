"""Means over kept pixels, by hand."""

import torch

from gradunc.ops.masked import masked_mean, mean_over_known

NAN = torch.nan


def test_means_of_images() -> None:
    values = torch.tensor([[1.0, 3.0, NAN], [torch.inf, 5.0, 7.0], [NAN, NAN, NAN]]).view(3, 1, 1, 3)
    keep = torch.tensor([[1, 1, 0], [0, 0, 1], [0, 0, 0]]).bool().view(3, 1, 1, 3)
    assert masked_mean(values, keep).tolist() == [2.0, 7.0, 0.0]
    assert masked_mean(values[1:2, ..., 1:], None).tolist() == [6.0]


def test_any_number_of_leading_axes() -> None:
    values = torch.arange(24.0).view(2, 3, 1, 2, 2)
    keep = torch.zeros(2, 3, 1, 2, 2, dtype=torch.bool)
    keep[..., 0, :] = True
    assert masked_mean(values, keep).tolist() == [[0.5, 4.5, 8.5], [12.5, 16.5, 20.5]]


def test_no_gradient_outside() -> None:
    values = torch.tensor([1.0, 2.0, 4.0]).view(1, 1, 1, 3).requires_grad_()
    keep = torch.tensor([True, False, True]).view(1, 1, 1, 3)
    (gradient,) = torch.autograd.grad(masked_mean(values, keep).sum(), values)
    assert gradient.flatten().tolist() == [0.5, 0.0, 0.5]


def test_images_without_a_kept_pixel_do_not_count() -> None:
    keep = torch.tensor([[1, 1], [0, 0], [0, 1]]).bool().view(3, 1, 1, 2)
    assert float(mean_over_known(torch.tensor([1.0, NAN, 4.0]), keep)) == 2.5
    assert float(mean_over_known(torch.tensor([NAN]), keep[1:2])) == 0.0
