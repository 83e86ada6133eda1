"""Left-right consistency and geometry consistency on walls whose answer is known."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from gradunc.losses import LossEngine, LossInputs
from gradunc.losses.both_views import Direction, directions
from gradunc.losses.geometry_consistency import GeometryConsistency, MaskedPhotometric, inconsistency
from gradunc.losses.left_right import Appearance, LeftRight, left_right
from gradunc.ops.similarity import photometric_error
from gradunc.ops.two_views import inverse_pose
from tests.losses.helpers import camera, inputs, no_motion, prediction, random

NAMES = ("appearance", "left_right", "masked_photometric", "geometry_consistency")
SIZE = (1, 1, 16, 24)


def wall(target: float | Tensor, source: float | Tensor, shift: float = -1.0) -> LossInputs:
    """A wall, seen by two cameras side by side: f b / z = 20 px * 1 m / 10 m = 2 px; `target`, `source`: depths."""
    texture = random(3, 1, 3, 16, 26)
    poses = no_motion()
    poses[0, 0, 0, 3] = shift
    depths = [one if isinstance(one, Tensor) else torch.full(SIZE, one) for one in (target, source)]
    # The other camera is 1 m to the right, so that the wall lies 2 px further to the left in its image.
    image, other = texture[..., :24].clone(), texture[..., 2:].clone()
    given = inputs(prediction(depths[0]), poses, image=image, sources=other[:, None], intrinsics=camera())
    given.source_predictions = (prediction(depths[1]),)
    return given


def value(name: str, given: LossInputs) -> float:
    return float(LossEngine({name: 1.0})(given).total.detach())


def test_each_view_is_made_of_the_other() -> None:
    there, back = directions(wall(10.0, 10.0), 0)
    assert torch.allclose(there.warped[..., 2:], there.view[..., 2:], atol=1e-5)
    assert torch.allclose(back.warped[..., :-2], back.view[..., :-2], atol=1e-5)
    # Two columns of each view are outside the other one; the next lies at its very border, up to rounding.
    assert not there.inside[..., :2].any()
    assert there.inside[..., 3:].all()
    assert not back.inside[..., -2:].any()
    assert back.inside[..., :-3].all()


def test_the_right_depth_costs_nothing() -> None:
    for name in ("left_right", "geometry_consistency"):
        assert value(name, wall(10.0, 10.0)) == pytest.approx(0, abs=1e-5), name
    # Windows of SSIM at the border see pixels that lie outside.
    right, wrong = (value("masked_photometric", wall(depth, depth)) for depth in (10.0, 8.0))
    assert right < 0.01 < 0.05 < wrong


def test_left_right_by_hand() -> None:
    # Disparities in widths: 20 * 1 / 24 times 1/10 and 1/8; both directions differ by the same.
    assert value("left_right", wall(10.0, 8.0)) == pytest.approx(20 / 24 * (1 / 8 - 1 / 10), rel=1e-5)


def test_geometry_consistency_by_hand() -> None:
    # Side by side, depth is the same from both: |10 - 8| / (10 + 8).
    assert value("geometry_consistency", wall(10.0, 8.0)) == pytest.approx(2 / 18, rel=1e-5)


def test_geometry_consistency_of_a_step_ahead() -> None:
    given = wall(10.0, 7.0)
    given.poses = no_motion()
    given.poses[0, 0, 2, 3] = -2.0
    # 10 m are 8 m from 2 m further on: 1/15; and 7 m there are 9 m from here: 1/19. The zoom has pixels outside.
    assert value("geometry_consistency", given) == pytest.approx((1 / 15 + 1 / 19) / 2, rel=1e-5)


def test_depth_of_the_other_is_read_where_the_pixel_lies() -> None:
    other = 10 + torch.arange(24.0).expand(SIZE)
    there = directions(wall(10.0, other), 0)[0]
    assert torch.allclose(there.depth_found[..., 2:], other[..., :-2], atol=1e-4)
    expected = (other[..., :-2] - 10) / (other[..., :-2] + 10)
    assert torch.allclose(inconsistency(there)[..., 2:], expected, atol=1e-5)


def test_the_mask_weighs_the_photometric_error_and_is_a_constant() -> None:
    given = wall(8.0, 6.0)
    source = given.prediction.depth.clone().requires_grad_()
    given.source_predictions = (prediction(source * 0.75),)
    found = directions(given, 0)
    expected = []
    for one in found:
        error = photometric_error(one.warped, one.view)
        keep = one.inside & (error < photometric_error(one.other, one.view))
        expected.append(((1 - inconsistency(one)) * error)[keep].mean())
    result = MaskedPhotometric()(given, 0)
    assert float(result.value.detach()) == pytest.approx(float(sum(expected, torch.zeros(())).detach()) / 2, rel=1e-5)
    assert set(result.maps) == {"auto_mask", "photometric", "warped", "agreement"}
    # |8 - 6| / (8 + 6) everywhere inside.
    assert result.maps["agreement"][..., 3:].unique().tolist() == pytest.approx([1 - 2 / 14])


def test_before_the_auto_mask_begins_every_pixel_inside_counts() -> None:
    given = wall(10.0, 10.0)
    given.sample["sources"] = given.tensor("image")[:, None].clone()  # nothing moves: all is masked
    assert float(MaskedPhotometric()(given, 0).value) == 0
    given.auto_masked = False
    result = MaskedPhotometric()(given, 0)
    assert torch.equal(result.maps["auto_mask"], directions(given, 0)[0].inside)
    assert float(result.value) > 0.05


def test_without_the_motion_of_the_other_view_the_mask_has_no_gradient() -> None:
    # The target's depth enters the first direction by the place and by the mask; with a flat view, by the mask alone.
    depth = torch.full(SIZE, 8.0).requires_grad_()
    given = wall(depth, 6.0)
    given.sample["image"] = torch.full((1, 3, 16, 24), 0.2)
    given.sample["sources"] = torch.full((1, 1, 3, 16, 24), 0.4)
    (gradient,) = torch.autograd.grad(MaskedPhotometric()(given, 0).value, depth)
    assert not gradient.any()


def test_appearance_counts_every_pixel() -> None:
    given = wall(9.0, 11.0)
    there, back = directions(given, 0)
    expected = photometric_error(there.warped, there.view).mean() + photometric_error(back.warped, back.view).mean()
    result = Appearance()(given, 0)
    assert float(result.value) == pytest.approx(float(expected) / 2, rel=1e-6)
    assert result.maps["auto_mask"].all()


@pytest.mark.parametrize("name", NAMES)
def test_views_that_see_nothing_of_one_another_cost_no_nan(name: str) -> None:
    depth = torch.full(SIZE, 0.1).requires_grad_()
    given = wall(depth, 0.1, shift=-50.0)
    (gradient,) = torch.autograd.grad(LossEngine({name: 1.0})(given).total, depth)
    assert gradient.isfinite().all()


@pytest.mark.parametrize("name", NAMES)
def test_both_directions_count_alike(name: str) -> None:
    given = wall(9.0, 8.0)
    swapped = inputs(
        given.source_predictions[0],
        inverse_pose(given.poses[:, 0])[:, None],
        image=given.sources[0],
        sources=given.sample["image"][:, None],
        intrinsics=camera(),
    )
    swapped.source_predictions = (given.prediction,)
    assert value(name, given) == pytest.approx(value(name, swapped), rel=1e-4)


@pytest.mark.parametrize("term", [LeftRight, GeometryConsistency])
def test_the_loss_of_an_image_does_not_depend_on_the_others(term: Callable[[], LeftRight]) -> None:
    one, other = wall(9.0, 8.0), wall(7.0, 8.0)
    image, sources, cameras = (
        torch.cat([one.tensor(key), other.tensor(key)]) for key in ("image", "sources", "intrinsics")
    )
    depth = prediction(torch.cat([one.prediction.depth, other.prediction.depth]))
    together = inputs(depth, image=image, sources=sources, intrinsics=cameras)
    together.poses = torch.cat([one.poses, other.poses])
    together.source_predictions = (prediction(torch.full((2, 1, 16, 24), 8.0)),)
    expected = (float(term()(one, 0).value) + float(term()(other, 0).value)) / 2
    assert float(term()(together, 0).value) == pytest.approx(expected, rel=1e-5)


def test_focal_length_of_each_image() -> None:
    found: Direction = directions(wall(10.0, 8.0), 0)[0]
    focal = torch.full((1, 1, 1, 1), 40.0)
    assert float(left_right(found, focal)) == pytest.approx(40 / 24 * (1 / 8 - 1 / 10), rel=1e-5)
