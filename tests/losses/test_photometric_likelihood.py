"""The photometric error as a likelihood, and predicted, on images whose error is known."""

import math

import pytest
import torch

from gradunc.errors import InputError
from gradunc.losses import LossEngine, LossInputs
from gradunc.losses.photometric import reprojection
from gradunc.own_uncertainty import OwnUncertainty
from tests.losses.helpers import camera, inputs, no_motion, prediction, random


def given(head: str, h: float, source: torch.Tensor | None = None) -> LossInputs:
    """An image and another one from which the camera has moved: here the warped one is nearer, there the unwarped."""
    image = random(0, 2, 3, 8, 12)
    source = random(5, 2, 3, 8, 12) if source is None else source
    pose = no_motion(2)
    pose[:, :, 0, 3] = 0.3
    told = [torch.full((2, 1, 8, 12), h, requires_grad=True)]
    depth = (4 + random(1, 2, 1, 8, 12)).requires_grad_()
    own = OwnUncertainty(head)  # pyright: ignore[reportArgumentType]
    sample = {"image": image, "sources": source[:, None], "intrinsics": camera(2)}
    return inputs(prediction(depth, told=told), pose, own, **sample)


def masked(found: LossInputs) -> tuple[torch.Tensor, torch.Tensor]:
    best = reprojection(found, 0)
    return best.error.detach(), best.auto_mask


def test_laplace_by_hand_over_kept_pixels() -> None:
    sample = given("photometric", math.log(0.5))
    error, keep = masked(sample)
    assert 0 < keep.float().mean() < 1, "both kinds of pixels are in it"
    per_image = [float((error[i][keep[i]] / 0.5 + math.log(0.5)).mean()) for i in (0, 1)]
    result = LossEngine({"photometric_laplace": 1.0})(sample)
    assert float(result.total.detach()) == pytest.approx(sum(per_image) / 2, rel=1e-5)
    assert set(result.maps) == {"auto_mask", "photometric", "warped"}


def test_reprojection_by_hand_trains_the_head_alone() -> None:
    sample = given("reprojection", 0.25)
    error, keep = masked(sample)
    per_image = [float((0.25 - error[i][keep[i]]).abs().mean()) for i in (0, 1)]
    total = LossEngine({"reprojection": 1.0})(sample).total
    assert float(total.detach()) == pytest.approx(sum(per_image) / 2, rel=1e-5)
    depth, told = sample.prediction.depth, sample.prediction.uncertainty_scales[0]
    of_depth, of_head = torch.autograd.grad(total, [depth, told], allow_unused=True)
    assert of_depth is None or not of_depth.any()
    assert (of_head != 0).any()


@pytest.mark.parametrize(("name", "head"), [("photometric_laplace", "photometric"), ("reprojection", "reprojection")])
def test_masked_pixels_do_not_train_the_head(name: str, head: str) -> None:
    sample = given(head, 0.1)
    _, keep = masked(sample)
    told = sample.prediction.uncertainty_scales[0]
    (gradient,) = torch.autograd.grad(LossEngine({name: 1.0})(sample).total, told)
    assert not gradient[~keep].any()
    assert gradient[keep].all()


@pytest.mark.parametrize(("name", "head"), [("photometric_laplace", "photometric"), ("reprojection", "reprojection")])
def test_an_image_without_a_kept_pixel_costs_nothing(name: str, head: str) -> None:
    sample = given(head, 0.1, source=random(0, 2, 3, 8, 12))  # unwarped it is the image itself
    assert not masked(sample)[1].any()
    total = LossEngine({name: 1.0})(sample).total
    assert float(total.detach()) == 0
    (gradient,) = torch.autograd.grad(total, sample.prediction.uncertainty_scales[0])
    assert not gradient.any(), "zeros, and not None: DDP waits for every gradient"


def test_the_views_are_warped_once_for_all_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    from gradunc.losses import photometric

    warp = photometric.warp
    monkeypatch.setattr(photometric, "warp", lambda *given, **more: calls.append(1) or warp(*given, **more))
    LossEngine({"photometric": 1.0, "reprojection": 0.1})(given("reprojection", 0.1))
    assert len(calls) == 1


@pytest.mark.parametrize(("name", "head"), [("photometric_laplace", "photometric"), ("reprojection", "reprojection")])
def test_a_network_without_the_head_is_refused(name: str, head: str) -> None:
    sample = given(head, 0.1)
    sample.own_uncertainty = OwnUncertainty("laplace")
    with pytest.raises(InputError, match=f"model\\.uncertainty_head={head}"):
        LossEngine({name: 1.0})(sample)


@pytest.mark.parametrize(("name", "head"), [("photometric_laplace", "photometric"), ("reprojection", "reprojection")])
def test_a_head_that_is_not_said_at_every_scale_is_refused(name: str, head: str) -> None:
    sample = given(head, 0.1)
    sample.prediction = sample.prediction._replace(uncertainty_scales=())
    with pytest.raises(InputError, match=r"DepthPrediction\.uncertainty_scales, one for each of its scales"):
        LossEngine({name: 1.0})(sample)
