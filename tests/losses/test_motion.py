"""What keeps a field of motion sparse and even, by hand, and what the field does to the view synthesis."""

import pytest
import torch
from torch import Tensor

from gradunc.errors import InputError
from gradunc.losses import LossEngine, LossInputs
from gradunc.losses.motion import smoothness, sparsity
from tests.losses.helpers import camera, inputs, no_motion, prediction, random

BOTH = {"motion_sparsity": 1.0, "motion_smoothness": 1.0}


def of_pixels(values: list[list[float]], axis: int = 0) -> Tensor:
    """(1,3,h,w), 0 in the other axes."""
    field = torch.zeros(1, 3, len(values), len(values[0]))
    field[0, axis] = torch.tensor(values)
    return field


def test_sparsity_by_hand() -> None:
    # One of four pixels moves by 4: the mean is 1, the roots are sqrt(5) and three times 1. The axes at rest cost 0.
    one = float(sparsity(of_pixels([[4.0, 0.0], [0.0, 0.0]])))
    assert one == pytest.approx(2 * (5**0.5 + 3) / 4, abs=1e-4)
    everywhere = float(sparsity(of_pixels([[1.0, 1.0], [1.0, 1.0]])))
    assert everywhere == pytest.approx(2 * 2**0.5, abs=1e-4)
    assert one < everywhere, "the same motion costs less in one place"


def test_smoothness_by_hand() -> None:
    # Steps of 3 across and 4 down at the first of two pixels that have both neighbours, none at the second.
    field = of_pixels([[0.0, 3.0, 3.0], [4.0, 3.0, 9.0]], axis=2)
    assert float(smoothness(field)) == pytest.approx((5 + 0) / 2, abs=1e-4)
    assert float(smoothness(torch.ones(1, 3, 4, 5))) == pytest.approx(0, abs=1e-5)


def moved(factor: float = 1.0) -> LossInputs:
    found = inputs(prediction(factor * (2 + random(0, 2, 1, 8, 12))), image=random(1, 2, 3, 8, 12))
    found.motions = factor * random(2, 2, 2, 3, 2, 3)
    return found


def test_the_unit_of_depth_does_not_matter() -> None:
    engine = LossEngine(BOTH)
    assert float(engine(moved(7.0)).total) == pytest.approx(float(engine(moved()).total), rel=1e-5)


def test_depth_does_not_learn_by_it() -> None:
    depth = (2 + random(0, 2, 1, 8, 12)).requires_grad_()
    given = moved()
    given.prediction = prediction(depth)
    assert not LossEngine(BOTH)(given).total.requires_grad


def test_a_field_without_a_network_for_it() -> None:
    given = moved()
    given.motions = None
    with pytest.raises(InputError, match="motion_network="):
        LossEngine(BOTH)(given)


def test_a_thing_that_moves_is_found_where_it_went() -> None:
    """In the source the right half lies one pixel further right: at 4 m and f = 20 px it has moved by 0.2 m."""
    image = random(3, 1, 3, 8, 12)
    source = torch.cat([image[..., :6], image[..., 5:11]], 3)
    given = inputs(
        prediction(torch.full((1, 1, 8, 12), 4.0)),
        no_motion(),
        image=image,
        sources=source[:, None],
        intrinsics=camera(),
    )
    given.auto_masked = False
    still = LossEngine({"photometric": 1.0})(given).maps["photometric"][..., 7:10]
    given.reprojections.clear()
    field = torch.zeros(1, 1, 3, 8, 12)
    field[:, :, 0, :, 6:] = 0.2
    given.motions = field
    followed = LossEngine({"photometric": 1.0})(given).maps["photometric"]
    assert float(followed[..., 7:10].max()) < 1e-4 < 0.1 < float(still.mean())
    assert float(followed[..., :5].max()) < 1e-4, "what stands still is where it was"


def test_images_take_their_fields_along() -> None:
    given = moved()
    assert given.motions is not None
    second = given.of_images(torch.tensor([False, True])).motions
    assert second is not None
    assert torch.equal(second, given.motions[1:])
