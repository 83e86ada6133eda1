"""Features of a plain pass."""

import pytest
import torch
from torch import nn

from gradunc.errors import InputError
from gradunc.uncertainty.fitted.features import recorded, with_features
from gradunc.uncertainty.passes import plain, shared_passes
from gradunc.uncertainty.session import evaluation
from tests.uncertainty.networks import Pyramid, integer_network, noise, row


def test_outputs_and_inputs_by_hand():
    """Features of red: its left neighbour and itself."""
    model = integer_network()
    with evaluation(model):
        prediction, found = with_features(model, row(1, 2, 5), {}, ["features"])
        with recorded(model, (), ["head"]) as given:
            model(row(1, 2, 5))
    found |= given
    assert found["features"].tolist() == found["head"].tolist() == [[[[0, 1, 2]], [[1, 2, 5]]]]
    assert prediction.depth.tolist() == [[[[-2, -3, -8]]]]


def test_an_activation_in_place_changes_no_copy():
    model = integer_network(nn.ReLU(inplace=True))
    with evaluation(model):
        _, found = with_features(model, row(-1, 2), {}, ["features"])
    assert found["features"].tolist() == [[[[0, -1]], [[-1, 2]]]]
    assert not found["features"].requires_grad


def test_the_pass_is_shared_with_who_comes_later():
    model, image = Pyramid(), noise(1, 8, 8)
    with evaluation(model), shared_passes() as passes:
        prediction, _ = with_features(model, image, {}, ["block"])
        assert torch.equal(plain(model, image).depth, prediction.depth)
    assert (passes.computed, passes.reused) == (1, 1)
    assert not model.block._forward_hooks


def test_layers_that_cannot_be_read_are_one_line():
    model, image = Pyramid(), noise(1, 8, 8)
    twice = nn.Identity()
    model.stem.append(twice)
    model.deep.append(twice)
    model.never = nn.Conv2d(1, 1, 1)
    for layers, text in (
        (["blok"], "no layer 'blok'.*block"),
        (["never"], "never reached"),
        (["stem.3"], "runs twice"),
    ):
        with evaluation(model), pytest.raises(InputError, match=text):
            with_features(model, image, {}, layers)
    assert not torch.is_grad_enabled() or not twice._forward_hooks
