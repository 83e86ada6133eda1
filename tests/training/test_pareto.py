"""Weights of the parts of a mixture, in closed form and by the conditions of the shortest sum."""

from typing import Any, cast

import pytest
import torch
from torch import Tensor

from gradunc.losses import LossEngine, LossInputs
from gradunc.training import DepthTraining
from gradunc.training.pareto import min_norm, pareto_loss
from gradunc.types import DepthPrediction, Sample
from tests.losses.helpers import random
from tests.training.helpers import batch, tiny_model


def products(*gradients: list[float]) -> Tensor:
    stacked = torch.tensor(gradients, dtype=torch.float64)
    return stacked @ stacked.T


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([1.0, 0.0], [0.0, 2.0], [0.8, 0.2]),  # the foot of the altitude of a right triangle: (0.8, 0.4)
        ([1.0, 0.0], [-1.0, 0.0], [0.5, 0.5]),  # nothing helps both
        ([1.0, 0.0], [-3.0, 0.0], [0.75, 0.25]),
        ([1.0, 0.0], [3.0, 1.0], [1.0, 0.0]),  # the shorter one helps both
        ([2.0, 1.0], [1.0, 0.0], [0.0, 1.0]),
        ([1.0, 1.0], [1.0, 1.0], [1.0, 0.0]),  # equal ones: any
    ],
)
def test_two_gradients_in_closed_form(one: list[float], other: list[float], expected: list[float]) -> None:
    assert min_norm(products(one, other)).tolist() == pytest.approx(expected)


@pytest.mark.parametrize("count", [3, 4])
@pytest.mark.parametrize("seed", range(5))
def test_the_shortest_sum_of_several(count: int, seed: int) -> None:
    gradients = random(seed, count, 3).double() - 0.3
    weights = min_norm(gradients @ gradients.T)
    assert float(weights.sum()) == pytest.approx(1)
    assert (weights >= 0).all()
    total = weights @ gradients
    # At the shortest sum every gradient is at least as long along it as it is itself.
    assert (gradients @ total >= total @ total - 2e-2 * gradients.square().sum(1).max()).all()
    chances = -(1e-9 + random(seed + 100, 2000, count).double()).log()
    chances = chances / chances.sum(1, keepdim=True)
    assert float(total.norm()) <= float((chances @ gradients).norm(dim=1).min()) + 0.02


def linear(weight: Tensor, features: Tensor, truth: Tensor, parts: list[int]) -> LossInputs:
    """Depth of a pixel = weight . features of its image, one pixel an image."""
    depth = (features @ weight).view(-1, 1, 1, 1)
    sample: dict[str, Any] = {"depth": truth.view(-1, 1, 1, 1), "part": torch.tensor(parts), "path": ["a"] * len(parts)}
    sample["valid"] = sample["depth"] > 0
    return LossInputs(cast(Sample, sample), DepthPrediction(depth, scales=(depth,)), lambda activation: activation)


def test_the_gradient_of_a_step_by_hand() -> None:
    weight = torch.zeros(2, requires_grad=True)
    # |d - d*| of images (1, 0), (1, 0) and (0, 2) far below their truth: gradients -(1, 0) and -(0, 2) of two parts.
    features = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 2.0]])
    inputs = linear(weight, features, torch.tensor([5.0, 7.0, 9.0]), [4, 4, 6])
    total = pareto_loss(LossEngine({"l1": 1.0}), inputs, [weight])
    assert float(total.detach()) == pytest.approx(0.8 * 6 + 0.2 * 9)
    total.backward()
    assert weight.grad is not None
    assert weight.grad.tolist() == pytest.approx([-0.8, -0.4])


def test_a_part_without_truth_is_left_out() -> None:
    weight = torch.zeros(2, requires_grad=True)
    inputs = linear(weight, torch.eye(2), torch.tensor([5.0, 0.0]), [0, 1])
    pareto_loss(LossEngine({"l1": 1.0}), inputs, [weight]).backward()
    assert weight.grad is not None
    assert weight.grad.tolist() == [-1.0, 0.0]


@pytest.mark.parametrize(("parts", "truth"), [([0, 0], [5.0, 7.0]), ([0, 1], [5.0, float("nan")])])
def test_one_part_or_a_broken_loss_is_not_weighed(parts: list[int], truth: list[float]) -> None:
    weight = torch.zeros(2, requires_grad=True)
    inputs = linear(weight, torch.eye(2), torch.tensor(truth), parts)
    inputs.sample["valid"] = torch.ones(2, 1, 1, 1, dtype=torch.bool)
    total = float(pareto_loss(LossEngine({"l1": 1.0}), inputs, [weight]).detach())
    assert total == pytest.approx(6.0) if parts == [0, 0] else total != total


def test_a_training_step_helps_both_parts() -> None:
    def gradient(mixing: str, images: slice) -> Tensor:
        module = DepthTraining(tiny_model(), LossEngine({"l1": 1.0}), mixing=mixing).train()
        for layer in module.modules():
            if isinstance(layer, torch.nn.BatchNorm2d):
                layer.eval()  # images do not depend on one another
        module.log_dict = module.log = lambda *arguments, **keywords: None  # pyright: ignore[reportAttributeAccessIssue]
        given = cast(dict[str, Any], batch(4))
        given["part"] = torch.tensor([0, 0, 1, 1])
        one = {key: value[images] for key, value in given.items()}
        loss = module.training_step(cast(Sample, one), 0)["loss"]
        loss.backward()
        return torch.cat([p.grad.flatten() for p in module.depth_model.parameters() if p.grad is not None])

    first, second = (gradient("weights", part) for part in (slice(0, 2), slice(2, 4)))
    both = torch.stack([first, second]).double()
    weights = min_norm(both @ both.T)
    total = gradient("pareto", slice(0, 4))
    torch.testing.assert_close(total, (weights @ both).float(), rtol=1e-3, atol=1e-4)
    assert float(total @ first) > 0
    assert float(total @ second) > 0
