"""Pairs of points, and batches whose images are known in different ways, by hand."""

import math

import pytest
import torch
from torch import Tensor

from gradunc.errors import InputError
from gradunc.losses import LossEngine, LossInputs
from gradunc.losses.ordinal import ranking
from tests.losses.helpers import inputs, prediction, random

NAN = math.nan
UNKNOWN = [0.0, 0.0, 0.0, 0.0, NAN]


def of_disparity(predicted: Tensor, **sample: Tensor) -> LossInputs:
    """Inputs of a network whose output is a disparity."""
    made = inputs(
        prediction(predicted), None, None, image=torch.zeros(len(predicted), 3, *predicted.shape[-2:]), **sample
    )
    made.to_disparity = lambda activation: activation
    return made


def value(weights: dict[str, float], given: LossInputs) -> float:
    return float(LossEngine(weights)(given).total)


def test_ranking_by_hand() -> None:
    costs = ranking(torch.tensor([3.0, 3.0, 3.0]), torch.tensor([1.0, 1.0, 1.0]), torch.tensor([1.0, -1.0, 0.0]))
    assert costs.tolist() == pytest.approx([math.log(1 + math.exp(-2)), math.log(1 + math.exp(2)), 4.0])


def test_pairs_of_an_image_then_images() -> None:
    # Row 0 is 0, 1, 2 and row 1 is 3, 4, 5. Points are x, y; 1.4 lies in column 1.
    rows = torch.arange(6.0).view(1, 1, 2, 3).expand(3, 1, 2, 3)
    pairs = torch.tensor(
        [
            [[1.4, 1.0, 0.0, 0.0, 1.0], [0.0, 0.0, 2.0, 0.0, 0.0]],  # 4 nearer than 0; 0 as far as 2
            [[2.0, 1.0, 0.0, 1.0, -1.0], UNKNOWN],  # 5 further than 3
            [UNKNOWN, UNKNOWN],
        ]
    )
    expected = [(math.log(1 + math.exp(-4)) + 4) / 2, math.log(1 + math.exp(2))]
    assert value({"ordinal": 2.0}, of_disparity(rows, ordinal=pairs)) == pytest.approx(2 * sum(expected) / 2)


def test_gradient_makes_the_nearer_point_nearer() -> None:
    rows = torch.zeros(1, 1, 1, 3, requires_grad=True)
    given = of_disparity(rows, ordinal=torch.tensor([[[0.0, 0.0, 2.0, 0.0, 1.0], UNKNOWN]]))
    LossEngine({"ordinal": 1.0})(given).total.backward()
    assert rows.grad is not None
    assert rows.grad.flatten().tolist() == pytest.approx([-0.5, 0.0, 0.5])


def test_one_batch_of_depth_disparity_and_pairs() -> None:
    predicted = 1 + random(0, 3, 1, 4, 5)
    depth, relative = 1 + random(1, 3, 1, 4, 5), random(2, 3, 1, 4, 5) - 0.5
    nowhere = torch.zeros(3, 1, 4, 5, dtype=torch.bool)
    valid, known = nowhere.clone(), nowhere.clone()
    valid[0], known[1] = True, True
    known[1, 0, 0, :3] = False
    pairs = torch.full((3, 1, 5), NAN)
    pairs[2, 0] = torch.tensor([4.0, 3.0, 0.0, 1.0, -1.0])
    batch = of_disparity(predicted, depth=depth, valid=valid, disparity=relative, disparity_valid=known, ordinal=pairs)
    weights = {"ssi": 1.0, "ssi_trimmed_matching": 0.5}
    alone = [
        value(weights, of_disparity(predicted[:1], depth=depth[:1], valid=valid[:1])),
        value(weights, of_disparity(predicted[1:2], disparity=relative[1:2], disparity_valid=known[1:2])),
    ]
    assert value(weights, batch) == pytest.approx(sum(alone) / 2, rel=1e-5)
    order = value({"ordinal": 1.0}, of_disparity(predicted[2:], ordinal=pairs[2:]))
    assert value({**weights, "ordinal": 3.0}, batch) == pytest.approx(sum(alone) / 2 + 3 * order, rel=1e-5)


@pytest.mark.parametrize("factor", [0.1, 7.0])
def test_factor_and_shift_of_true_disparity_change_nothing_but_the_unit(factor: float) -> None:
    predicted, relative = random(0, 2, 1, 4, 5), random(1, 2, 1, 4, 5)
    known = torch.ones(2, 1, 4, 5, dtype=torch.bool)
    values = [
        value({"ssi_trimmed": 1.0}, of_disparity(predicted, disparity=one, disparity_valid=known))
        for one in (relative, factor * relative - 3)
    ]
    assert values[0] == pytest.approx(values[1], rel=1e-4)


def test_a_batch_that_does_not_know_it_costs_nothing() -> None:
    predicted = (1 + random(0, 2, 1, 4, 5)).requires_grad_()
    known = torch.ones(2, 1, 4, 5, dtype=torch.bool)
    given = of_disparity(predicted, disparity=random(1, 2, 1, 4, 5), disparity_valid=known)
    result = LossEngine({"silog": 1.0, "ordinal": 1.0})(given)
    assert {name: float(part) for name, part in result.parts.items()} == {"silog": 0.0, "ordinal": 0.0}
    result.total.backward()
    assert predicted.grad is not None
    assert not predicted.grad.any()


def test_a_batch_that_knows_nothing_is_refused() -> None:
    for name in ("ordinal", "ssi", "silog"):
        with pytest.raises(InputError, match="which this data set does not deliver"):
            value({name: 1.0}, of_disparity(torch.ones(1, 1, 4, 5)))


def test_losses_of_a_kind_of_truth() -> None:
    engine = LossEngine({"silog": 1.0, "ssi": 1.0, "ordinal": 1.0, "smoothness": 1.0})
    assert engine.learning_from("depth") == ("silog", "ssi")
    assert engine.learning_from("disparity") == ("ssi",)
    assert engine.learning_from("ordinal") == ("ordinal",)
    assert LossEngine({"ordinal": 1.0}).supervised
