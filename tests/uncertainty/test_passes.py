import threading

import pytest
import torch
from torch import nn

from gradunc.types import DepthPrediction
from gradunc.uncertainty import GradientUncertainty, shared_passes
from gradunc.uncertainty.passes import mirrored, plain
from tests.uncertainty.networks import WithCamera, noise


class Counting(nn.Module):
    """Depth = red + 2 green of the left neighbour; counts its forward passes."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Conv2d(3, 4, 3, padding=1)
        self.calls = 0

    def forward(self, image: torch.Tensor) -> DepthPrediction:
        self.calls += 1
        depth = self.features(image).square().sum(1, keepdim=True)
        return DepthPrediction(depth, log_scale=-depth, extras={"confidence": 1 / (1 + depth)})


@pytest.fixture
def model() -> Counting:
    torch.manual_seed(0)
    return Counting().eval()


def test_mirrored_maps_are_mirrored_back(model):
    image = noise(2, 6, 9)
    found = mirrored(model, image)
    with torch.no_grad():
        expected = model(image.flip(-1))
    assert torch.equal(found.depth, expected.depth.flip(-1))
    assert torch.equal(found.log_scale, expected.log_scale.flip(-1))
    assert torch.equal(found.extras["confidence"], expected.extras["confidence"].flip(-1))
    assert not found.depth.requires_grad


def test_the_principal_point_is_mirrored_with_the_image():
    camera = torch.eye(3)[None].clone()
    camera[:, 0, 2] = 2.0
    seen = []
    model = WithCamera()
    model.register_forward_pre_hook(lambda _module, _args, keywords: seen.append(keywords), with_kwargs=True)
    mirrored(model, noise(1, 6, 9), {"intrinsics": camera})
    assert seen[0]["intrinsics"][0, 0, 2] == 9 - 1 - 2.0
    assert camera[0, 0, 2] == 2.0


def test_outside_of_the_context_every_call_computes(model):
    image = noise(1, 6, 9)
    plain(model, image), plain(model, image)
    assert model.calls == 2


def test_each_pass_is_computed_once(model):
    image = noise(1, 6, 9)
    with shared_passes() as passes:
        first = plain(model, image)
        assert plain(model, image).depth is first.depth
        # A view of the whole batch is the same image; another image, and the mirrored one, are others.
        assert plain(model, image[0:1]).depth is first.depth
        mirrored(model, image), mirrored(model, image)
        plain(model, image.clone())
    assert (model.calls, passes.computed, passes.reused) == (3, 3, 3)


def test_what_was_changed_in_place_is_another_image(model):
    image = noise(1, 6, 9)
    with shared_passes():
        before = plain(model, image).depth.clone()
        image.mul_(0.5)
        assert not torch.equal(plain(model, image).depth, before)


def test_a_prediction_that_exists_is_taken(model):
    image = noise(1, 6, 9)
    known = model(image)
    with shared_passes() as passes:
        passes.keep(known, model, image)
        assert torch.equal(plain(model, image).depth, known.depth)
    assert model.calls == 1
    assert not plain(model, image).depth.requires_grad


def test_other_arguments_are_another_pass():
    model, image = WithCamera(), noise(1, 6, 9)
    one, two = torch.eye(3)[None], 2 * torch.eye(3)[None]
    with shared_passes() as passes:
        for camera in (one, two, one):
            plain(model, image, {"intrinsics": camera})
    assert (passes.computed, passes.reused) == (2, 1)


def test_threads_do_not_share(model):
    image, reused = noise(1, 6, 9), []

    def other() -> None:
        with shared_passes() as passes:
            plain(model, image)
            reused.append(passes.reused)

    with shared_passes():
        plain(model, image)
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert reused == [0]


def test_gradient_estimators_share_the_mirrored_prediction(model):
    """Two estimators: two passes with a graph, one mirrored pass for both; results to the bit."""
    image = noise(2, 6, 9)
    one, two = (GradientUncertainty(model, "features", loss=loss) for loss in ("squared", "l1"))
    alone = [estimator.estimate(image).uncertainty for estimator in (one, two)]
    model.calls = 0
    with shared_passes() as passes:
        together = [estimator.estimate(image).uncertainty for estimator in (one, two)]
    assert all(torch.equal(a, b) for a, b in zip(alone, together, strict=True))
    assert (model.calls, passes.reused) == (2 * 2 + 2, 2)
