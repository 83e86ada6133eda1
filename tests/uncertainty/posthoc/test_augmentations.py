"""Spread over augmented images, against NumPy on the same predictions."""

import numpy as np
import pytest
import torch
from torch import nn

from gradunc.errors import InputError
from gradunc.uncertainty import cost_in_forwards
from gradunc.uncertainty.gradient.references import Gray, Rotate
from gradunc.uncertainty.posthoc.augmentations import AugmentationSpread
from gradunc.uncertainty.posthoc.flip import FlipDifference
from tests.uncertainty.networks import Pyramid, noise, query

IMAGE = noise(2, 13, 22)


def rotated_in(model: nn.Module) -> torch.Tensor:
    """(B,1,H,W) bool, True = the rotated image knows the pixel."""
    with torch.no_grad():
        known = Rotate(10.0)(query(model, IMAGE)).valid
    assert known is not None
    return known


@pytest.mark.parametrize("space", ["depth", "disparity", "log_depth"])
def test_flip_alone_is_the_flip_difference(space):
    model = Pyramid()
    one = AugmentationSpread(model, "flip", space).estimate(IMAGE)
    other = FlipDifference(model, space).estimate(IMAGE)
    torch.testing.assert_close(one.uncertainty, other.uncertainty)


def test_against_numpy():
    model = Pyramid()
    with torch.no_grad():
        maps = [model(IMAGE).depth, *(make(query(model, IMAGE)).depth for make in (Gray(), Rotate(10.0)))]
        known = rotated_in(model)
    estimate = AugmentationSpread(model, ["gray", {"rotate": {"degrees": 10}}], "depth").estimate(IMAGE)
    values = torch.stack(maps).double().numpy()
    expected = np.where(known, values.std(0, ddof=1), values[:2].std(0, ddof=1))
    assert 0 < (~known).float().mean() < 0.6
    np.testing.assert_allclose(estimate.uncertainty, expected, atol=1e-5)
    assert estimate.valid.all()


def test_a_pixel_that_only_the_image_itself_knows_has_no_spread():
    model = Pyramid()
    estimate = AugmentationSpread(model, "rotate").estimate(IMAGE)
    assert torch.equal(estimate.valid, rotated_in(model))
    assert (estimate.uncertainty[~estimate.valid] == 0).all()


def test_the_published_ones_cost_five_passes():
    assert cost_in_forwards(AugmentationSpread(Pyramid()), IMAGE) == pytest.approx(5, rel=0.02)  # gray costs a product
    assert cost_in_forwards(FlipDifference(Pyramid()), IMAGE) == pytest.approx(2)


@pytest.mark.parametrize("wrong", ["none", "given", ["flip", "given"]])
def test_what_changes_nothing(wrong):
    with pytest.raises(InputError, match=r"^references must change the image or features"):
        AugmentationSpread(Pyramid(), wrong)
