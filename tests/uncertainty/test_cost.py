"""Costs counted by hand: 2 Cin Cout kh kw operations per output pixel of a convolution."""

import math

import pytest
import torch
from torch import nn

from gradunc.errors import InputError
from gradunc.uncertainty import TRIVIAL, GradientUncertainty, cost_in_forwards
from tests.callbacks.helpers import Told, ToldUncertainty
from tests.uncertainty.networks import Pyramid, integer_network, noise


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        # Forward: 2*3*2*1*3 + 2*2*1 = 40 operations per pixel, backward through the head: 4.
        ("features", (2 * 40 + 4) / 40),
        ("head", 2.0),
    ],
)
def test_two_predictions_and_a_part_of_the_backward_pass(layer: str, expected: float) -> None:
    estimator = GradientUncertainty(integer_network(), [layer])
    for batch in (1, 2):
        assert estimator.cost(noise(batch, 4, 6)) == pytest.approx(expected)
        assert cost_in_forwards(estimator, noise(batch, 4, 6)) == pytest.approx(expected)


def test_more_references_cost_more() -> None:
    estimator = GradientUncertainty(integer_network(), ["head"], ["flip", "gray", "noise"])
    assert estimator.cost(noise(1, 4, 6)) == pytest.approx(4.0)


@pytest.mark.parametrize("name", TRIVIAL)
def test_trivial_scores_cost_one_prediction(name: str) -> None:
    assert cost_in_forwards(TRIVIAL[name](Pyramid()), noise(1, 8, 12)) == 1.0


def test_arguments_of_the_estimate_do_not_reach_the_plain_pass() -> None:
    estimator = GradientUncertainty(integer_network(), ["head"], "given")
    image = noise(1, 4, 6)
    given = {"reference": torch.ones(1, 1, 4, 6), "mask": torch.ones(1, 1, 4, 6).bool(), "index": torch.zeros(1).long()}
    assert estimator.cost(image, **given) == pytest.approx(1.0)


def test_inference_mode_and_the_state_of_the_network_do_not_matter() -> None:
    model = Pyramid().train()
    estimator = GradientUncertainty(model, ["fuse"])
    with torch.inference_mode():
        inside = estimator.cost(noise(1, 8, 12))
    assert inside == estimator.cost(noise(1, 8, 12)) > 2
    assert model.training


def test_a_network_without_operations_has_no_cost() -> None:
    assert math.isnan(cost_in_forwards(ToldUncertainty(Told()), noise(1, 8, 12)))


def test_an_estimator_without_model_is_refused_unless_one_is_given() -> None:
    class Bare:
        scale, needs_grad = "score", False

        def __init__(self, network: nn.Module) -> None:
            self.hidden = ToldUncertainty(network)

        def estimate(self, image, *, mask=None, **inputs):
            return self.hidden.estimate(image)

    network = Pyramid()
    with pytest.raises(InputError, match="Bare has no model"):
        cost_in_forwards(Bare(network), noise(1, 8, 12))
    assert cost_in_forwards(Bare(network), noise(1, 8, 12), model=network) == 1.0
