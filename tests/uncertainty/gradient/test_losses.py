"""Auxiliary losses in closed form: values and gradients, several references, masks."""

import math
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from gradunc.errors import InputError
from gradunc.ops.masked import masked_mean
from gradunc.types import OutputSpace
from gradunc.uncertainty.gradient.losses import LOSSES, Comparison, predicted_variance, squared

DEPTH, DISPARITY = OutputSpace("depth", "scale"), OutputSpace("disparity", "affine")
LOG2 = math.log(2)


def rows(values: Sequence[float]) -> Tensor:
    """One image of two equal rows: SSIM reflects the border, which one row cannot."""
    return torch.tensor(values).expand(1, 1, 2, -1)


def loss_and_gradient(
    name: str,
    depth: Sequence[float],
    references: Sequence[Sequence[float]],
    keep: Sequence[Sequence[bool]] | None = None,
    space: OutputSpace = DEPTH,
) -> tuple[float, list[float]]:
    """Of one image whose rows are given, and the gradient of a pair of equal pixels."""
    prediction = rows(depth).clone().requires_grad_()
    masks = None if keep is None else torch.stack([rows(one) for one in keep])
    stack = torch.stack([rows(reference) for reference in references]) if references else prediction.new_empty(0)
    loss = LOSSES[name](Comparison(prediction, stack, masks, space))
    assert loss.shape == (1,)
    (gradient,) = torch.autograd.grad(loss.sum(), prediction)
    return loss.item(), gradient.sum(2).flatten().tolist()


# name, space, depth, reference, loss, gradient of one image of two pixels, worked out on paper.
ONE_REFERENCE = [
    # e = 1, -2: (1 + 4)/2; 2 e / 2.
    ("squared", DEPTH, [2.0, 2.0], [1.0, 4.0], 2.5, [1.0, -2.0]),
    # 1/d - 1/r = 1/2 - 1 = -1/2 and 1/2 - 1/4 = 1/4: (1/4 + 1/16)/2; 2 e (-1/d^2) / 2 = 1/8, -1/16.
    ("squared_disparity", DEPTH, [2.0, 2.0], [1.0, 4.0], 5 / 32, [1 / 8, -1 / 16]),
    ("squared_disparity", DISPARITY, [2.0, 2.0], [1.0, 4.0], 2.5, [1.0, -2.0]),
    # log 2 and -log 2: log^2 2; 2 e / d / 2.
    ("squared_log", DEPTH, [2.0, 2.0], [1.0, 4.0], LOG2**2, [LOG2 / 2, -LOG2 / 2]),
    ("squared_log", DISPARITY, [2.0, 2.0], [1.0, 4.0], LOG2**2, [LOG2 / 2, -LOG2 / 2]),
    ("l1", DEPTH, [2.0, 2.0], [1.0, 4.0], 1.5, [0.5, -0.5]),
    # delta = 3/2: 1/2 for e = 1; 3/2 (2 - 3/4) = 15/8 for e = -2; e / 2 and -delta / 2.
    ("huber", DEPTH, [2.0, 2.0], [1.0, 4.0], (1 / 2 + 15 / 8) / 2, [0.5, -0.75]),
    # Unbiased variance of d and r is e^2/2: (1/2 + 2)/2; 2 (d - mean) / 2 = e / 2.
    ("variance", DEPTH, [2.0, 2.0], [1.0, 4.0], 1.25, [0.5, -1.0]),
    # |log d/r| = log 2 and 3 log 2, mean 2 log 2: w = 3/2 and 5/2; (w1 + w2) log 2 / 2; w / d / 2.
    ("sensitivity", DEPTH, [2.0, 2.0], [1.0, 16.0], 2 * LOG2, [3 / 8, 5 / 8]),
    ("sensitivity", DISPARITY, [2.0, 2.0], [1.0, 16.0], 2 * LOG2, [3 / 8, 5 / 8]),
    # |d - r| = 1 and 3, mean 2: w = 3/2 and 5/2; (w1 + w2) 2 / 2; w / 2.
    ("sensitivity_depth", DEPTH, [2.0, 2.0], [1.0, 5.0], 4.0, [3 / 4, 5 / 4]),
    # 1/d = 1/2, 1/r = 1 and 1/8: |e| = 1/2 and 3/8, mean 7/16: w = 15/7 and 13/7; (w1 + w2)/4 = 1; -w / d^2 / 2.
    ("sensitivity_depth", DISPARITY, [2.0, 2.0], [1.0, 8.0], 1.0, [-15 / 56, -13 / 56]),
]


@pytest.mark.parametrize(("name", "space", "depth", "reference", "loss", "gradient"), ONE_REFERENCE)
def test_one_reference(
    name: str, space: OutputSpace, depth: list[float], reference: list[float], loss: float, gradient: list[float]
) -> None:
    found = loss_and_gradient(name, depth, [reference], space=space)

    assert found[0] == pytest.approx(loss)
    assert found[1] == pytest.approx(gradient)


@pytest.mark.parametrize(("name", "space", "depth", "reference", "loss", "gradient"), ONE_REFERENCE)
def test_pixels_outside_the_mask_neither_count_nor_get_a_gradient(
    name: str, space: OutputSpace, depth: list[float], reference: list[float], loss: float, gradient: list[float]
) -> None:
    keep = [[True, True, False, False]]
    found = loss_and_gradient(name, [*depth, 7.0, 9.0], [[*reference, 1.0, 1.0]], keep, space)

    assert found[0] == pytest.approx(loss)
    assert found[1] == pytest.approx([*gradient, 0.0, 0.0])


@pytest.mark.parametrize("name", sorted(set(LOSSES) - {"variance"}))
@pytest.mark.parametrize("masked", [False, True])
def test_several_references_give_the_mean_of_their_losses(name: str, masked: bool) -> None:
    depth, references = [2.0, 2.5, 4.0], [[1.0, 4.0, 4.5], [3.0, 2.0, 2.0], [2.0, 5.0, 1.0]]
    keeps = [[True, True, False], [True, True, True], [False, True, True]] if masked else None
    singles = [
        loss_and_gradient(name, depth, [reference], keeps and [keeps[i]]) for i, reference in enumerate(references)
    ]
    together = loss_and_gradient(name, depth, references, keeps)

    assert together[0] == pytest.approx(sum(loss for loss, _ in singles) / 3)
    assert together[1] == pytest.approx(
        [sum(column) / 3 for column in zip(*(g for _, g in singles), strict=True)], abs=1e-6
    )


def test_variance_of_five_maps() -> None:
    # Pixel 0: 2 and 0,0,0,8: mean 2, deviations 0,4,4,4,36: 48/4. Pixel 1: 5 and 1,1,1,2: mean 2, 9+1+1+1+0: 12/4.
    loss, gradient = loss_and_gradient("variance", [2.0, 5.0], [[0.0, 1.0], [0.0, 1.0], [0.0, 1.0], [8.0, 2.0]])

    assert loss == pytest.approx((12 + 3) / 2)
    assert gradient == pytest.approx([0.0, 2 * 3 / (4 * 2)])  # 2 (d - mean) / ((N - 1) P)


def test_variance_counts_the_references_that_know_a_pixel() -> None:
    # Pixel 0: 2 and 0, 4 of two references: mean 2, 8/2. Pixel 1: 5 and 1 of the first: mean 3, 8/1. Pixel 2: none.
    keep = [[True, True, False], [True, False, False]]
    loss, gradient = loss_and_gradient("variance", [2.0, 5.0, 9.0], [[0.0, 1.0, 3.0], [4.0, 100.0, 3.0]], keep)

    assert loss == pytest.approx((4 + 8) / 2)
    assert gradient == pytest.approx([0.0, 2 * 2 / (1 * 2), 0.0])


def test_huber_takes_its_threshold_from_each_image_and_reference() -> None:
    # Mean |e| = 1 and 10; every e = delta, so delta^2/2, and gradient e / P.
    depth = torch.tensor([[1.0, 3.0], [10.0, 30.0]]).view(2, 1, 1, 2).requires_grad_()
    reference = torch.tensor([[2.0, 2.0], [20.0, 20.0]]).view(1, 2, 1, 1, 2)
    loss = LOSSES["huber"](Comparison(depth, reference))
    (gradient,) = torch.autograd.grad(loss.sum(), depth)

    assert loss.tolist() == [0.5, 50.0]
    assert gradient.flatten().tolist() == [-0.5, 0.5, -5.0, 5.0]


@pytest.mark.parametrize("name", sorted(set(LOSSES) - {"sensitivity", "sensitivity_depth"}))
def test_equal_maps_give_no_loss_and_no_gradient(name: str) -> None:
    loss, gradient = loss_and_gradient(name, [1.0, 2.0, 4.0], [[1.0, 2.0, 4.0]])

    assert loss == pytest.approx(0.0, abs=1e-6)
    assert gradient == pytest.approx([0.0] * 3, abs=1e-6)


@pytest.mark.parametrize("references", [[[1.0, 2.0, 4.0]], []])
def test_sensitivity_where_nothing_disagrees_weighs_all_pixels_alike(references: list[list[float]]) -> None:
    keep = [[True, False, True]] * max(1, len(references))
    # w = 1: log 1 + log 2 + log 4 over three pixels; 1 / (3 d).
    free = loss_and_gradient("sensitivity", [1.0, 2.0, 4.0], references)
    # The second pixel is left out.
    masked = loss_and_gradient("sensitivity", [1.0, 2.0, 4.0], references, keep)

    assert free == (pytest.approx(LOG2), pytest.approx([1 / 3, 1 / 6, 1 / 12]))
    assert masked == (pytest.approx(LOG2), pytest.approx([1 / 2, 0, 1 / 8]))


@pytest.mark.parametrize("name", ["squared_disparity", "squared_log", "sensitivity"])
def test_depth_below_a_millimetre_counts_as_one_and_gets_no_gradient(name: str) -> None:
    low, high = loss_and_gradient(name, [-3.0, 1.0], [[1.0, 1.0]]), loss_and_gradient(name, [1e-3, 1.0], [[1.0, 1.0]])

    assert low[0] == pytest.approx(high[0])
    assert low[1][0] == 0.0


@pytest.mark.parametrize("name", sorted(LOSSES))
@pytest.mark.parametrize("wild", [math.nan, math.inf, -math.inf, 1e30])
@pytest.mark.parametrize("where", ["depth", "reference", "both"])
def test_wild_values_outside_the_mask_leave_no_trace(name: str, wild: float, where: str) -> None:
    keep = [[True, True, False]] * 2
    tame = loss_and_gradient(name, [1.0, 2.0, 1.0], [[3.0, 1.5, 1.0], [2.0, 4.0, 1.0]], keep)
    depth = wild if where != "reference" else 1.0
    reference = wild if where != "depth" else 1.0
    found = loss_and_gradient(name, [1.0, 2.0, depth], [[3.0, 1.5, reference], [2.0, 4.0, reference]], keep)

    assert tame[0] > 0
    assert found[0] == pytest.approx(tame[0])
    assert found[1] == pytest.approx(tame[1])


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_an_image_without_any_kept_pixel_has_loss_and_gradient_zero(name: str) -> None:
    assert loss_and_gradient(name, [1.0, 2.0], [[3.0, 4.0]], [[False, False]]) == (0.0, [0.0, 0.0])


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_each_image_has_its_own_loss(name: str) -> None:
    depth, reference = [[1.0, 2.0], [5.0, 3.0]], [[3.0, 1.0], [5.0, 9.0]]
    batch = torch.cat([rows(one) for one in depth]), torch.cat([rows(one) for one in reference])[None]
    together = LOSSES[name](Comparison(*batch))
    alone = [loss_and_gradient(name, depth[i], [reference[i]])[0] for i in range(2)]

    assert together.tolist() == pytest.approx(alone)
    assert alone[0] != alone[1]


def test_masked_mean_of_no_pixel_is_zero() -> None:
    values, keep = torch.ones(2, 1, 1, 2), torch.tensor([[False, False], [True, False]]).view(2, 1, 1, 2)

    assert masked_mean(values, keep).tolist() == [0.0, 1.0]
    assert masked_mean(values, None).tolist() == [1.0, 1.0]


def test_mean_per_image_and_sum_over_the_batch_leave_each_images_gradient_alone() -> None:
    depth = torch.tensor([[3.0, 0.0], [7.0, 1.0]]).view(2, 1, 1, 2).requires_grad_()
    loss = squared(Comparison(depth, torch.zeros(1, 2, 1, 1, 2)))
    (gradient,) = torch.autograd.grad(loss.sum(), depth)

    assert torch.equal(gradient, depth.detach())  # 2 d / 2 pixels, whatever the batch size


def test_predicted_variance_is_the_mean_of_exp_2h() -> None:
    log_scale = rows([0.0, math.log(3), 200.0]).clone().requires_grad_()
    loss = predicted_variance(log_scale, rows([True, True, False]))
    (gradient,) = torch.autograd.grad(loss.sum(), log_scale)

    torch.testing.assert_close(loss, torch.tensor([(1 + 9) / 2]))
    torch.testing.assert_close(gradient.sum(2).flatten(), torch.tensor([1.0, 9.0, 0.0]))  # 2 exp(2h) / 2 kept columns
    assert predicted_variance(rows([0.0, math.log(3)]), None).item() == pytest.approx(5)


def test_predicted_variance_needs_the_head() -> None:
    with pytest.raises(InputError, match="needs a network with an uncertainty head; set variance_weight=0"):
        predicted_variance(None, None)
