"""Images whose truth a teacher has said: the largest losses left out, and pasted regions, by hand."""

from typing import cast

import pytest
import torch
from torch import Tensor

from gradunc.losses import TERMS, LossInputs
from gradunc.losses.affine import half_mean_square
from gradunc.losses.matching import gradient_matching
from gradunc.losses.pseudo import without_largest
from gradunc.types import Sample
from tests.losses.helpers import inputs, prediction, random


def given(predicted: Tensor, **sample: Tensor) -> LossInputs:
    made = inputs(prediction(predicted))
    made.sample = cast(Sample, {**made.sample, **sample})
    made.to_disparity = lambda activation: activation
    return made


def term(name: str, made: LossInputs) -> float:
    return float(TERMS[name]()(made, 0).value)


def test_the_largest_tenth_of_each_chosen_image_is_left_out() -> None:
    residual = random(0, 3, 1, 5, 8) - 0.5
    keep = random(1, 3, 1, 5, 8) > 0.3
    chosen = torch.tensor([True, False, True])
    left = without_largest(residual, keep, 0.1, chosen)
    for i in range(3):
        sizes = sorted(residual[i][keep[i]].abs().tolist())
        dropped = int(0.1 * len(sizes)) if chosen[i] else 0
        assert residual[i][left[i]].abs().sort().values.tolist() == sizes[: len(sizes) - dropped]
        assert not (left[i] & ~keep[i]).any()


def test_equal_residuals_are_left_out_in_the_right_number() -> None:
    keep = torch.ones(1, 1, 4, 5).bool()
    assert int(without_largest(torch.ones(1, 1, 4, 5), keep, 0.1, torch.tensor([True])).sum()) == 18


def test_rejection_is_about_pseudo_labels_only() -> None:
    # Outlier of image 0 in a fit of a line through 20 points: left out where a teacher has said the truth.
    truth = random(3, 2, 1, 4, 5)
    truth[:, 0, 0, 0] = 9
    predicted, valid = random(4, 2, 1, 4, 5), torch.ones(2, 1, 4, 5).bool()
    values = []
    for pseudo in ([False, False], [True, False], [True, True]):
        made = given(predicted, disparity=truth, disparity_valid=valid, pseudo=torch.tensor(pseudo))
        made.rejected = 0.1
        values.append(term("ssi", made))
    assert values[0] > 1.5 * values[1] > 1.5 * 1.5 * values[2]
    plain = given(predicted, disparity=truth, disparity_valid=valid)
    assert values[0] == term("ssi", plain)


@pytest.mark.parametrize("name", ["ssi", "ssi_trimmed"])
def test_a_pasted_region_is_aligned_by_itself_and_weighted_by_its_area(name: str) -> None:
    predicted, truth, other = random(0, 2, 1, 8, 8), random(1, 2, 1, 8, 8), random(2, 2, 1, 8, 8)
    inside = torch.zeros(2, 1, 8, 8).bool()
    inside[0, :, 2:6, 0:4] = True  # a quarter of image 0, nothing of image 1
    whole = torch.ones(2, 1, 8, 8).bool()
    made = given(
        predicted,
        disparity=truth,
        disparity_valid=whole & ~inside,
        pasted=other,
        pasted_valid=inside,
        pasted_share=torch.tensor([0.25, 0.0]),
    )

    def alone(image: int, map_: Tensor, keep: Tensor) -> float:
        part = slice(image, image + 1)
        return term(name, given(predicted[part], disparity=map_[part], disparity_valid=keep[part]))

    regions = [0.75 * alone(0, truth, ~inside), 0.25 * alone(0, other, inside), alone(1, truth, whole)]
    assert term(name, made) == pytest.approx(sum(regions) / 2, rel=1e-5)


@pytest.mark.parametrize("name", ["ssi_trimmed", "ssi_trimmed_matching"])
def test_unit_and_shift_of_a_pasted_region_are_its_own(name: str) -> None:
    predicted, truth, other = random(0, 1, 1, 8, 8), random(1, 1, 1, 8, 8), random(2, 1, 1, 8, 8)
    inside = torch.zeros(1, 1, 8, 8).bool()
    inside[..., 4:] = True
    values = [
        term(
            name,
            given(
                predicted,
                disparity=truth,
                disparity_valid=~inside,
                pasted=pasted,
                pasted_valid=inside,
                pasted_share=torch.tensor([0.5]),
            ),
        )
        for pasted in (other, 3 * other + 2, torch.flip(other, [3]))
    ]
    assert values[1] == pytest.approx(values[0], rel=1e-4)
    assert abs(values[2] - values[0]) > 1e-3


def test_weights_of_images() -> None:
    residual, keep = random(5, 2, 1, 3, 4), torch.ones(2, 1, 3, 4).bool()
    weights = torch.tensor([3.0, 1.0])
    for value in (half_mean_square, gradient_matching):
        one, two = (float(value(residual[i : i + 1], keep[i : i + 1])) for i in (0, 1))
        assert float(value(residual, keep, weights)) == pytest.approx((3 * one + two) / 4, rel=1e-5)
