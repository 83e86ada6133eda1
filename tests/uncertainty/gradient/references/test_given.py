"""Given references: unknown pixels, units, teachers."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.types import DepthPrediction, OutputSpace
from gradunc.uncertainty import GradientUncertainty
from gradunc.uncertainty.gradient.references import Given
from tests.uncertainty.networks import convolution, fingerprint, noise, query, row


class Red(nn.Module):
    """Depth = red."""

    def __init__(self, space: OutputSpace | None = None) -> None:
        super().__init__()
        self.head = convolution([[[[1]], [[0]], [[0]]]])
        if space is not None:
            self.output_space = space

    def forward(self, image: Tensor) -> DepthPrediction:
        return DepthPrediction(self.head(image))


class Teacher(nn.Module):
    """Depth = 2 red; takes nothing but an image."""

    def forward(self, image: Tensor) -> DepthPrediction:
        return DepthPrediction((2 * image[:, :1]).requires_grad_(False))


def depth(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float32).view(1, 1, 1, -1)


def estimate(reference: Any, image: Tensor, given: Tensor | None = None, space: OutputSpace | None = None, **more: Any):
    return GradientUncertainty(Red(space), ["head"], reference).estimate(image, reference=given, **more)


def test_by_hand() -> None:
    # 1-2, 2-2, 3-1 -> 1 + 0 + 4 over 3; 2 e / 3.
    found = estimate("given", row(1, 2, 3), depth(2, 2, 1))

    assert found.loss.item() == pytest.approx(5 / 3)
    assert found.uncertainty.flatten().tolist() == pytest.approx([-2 / 3, 0, 4 / 3])


@pytest.mark.parametrize("unknown", [math.nan, 0.0, math.inf, -math.inf])
def test_unknown_pixels_do_not_count(unknown: float) -> None:
    mask = torch.tensor([True, True, False, True]).view(1, 1, 1, 4)
    found = estimate("given", row(1, 2, 9, 3), depth(2, unknown, 5, 1), mask=mask)

    assert found.loss.item() == pytest.approx(5 / 2)  # 1 and 4 of the two known and kept pixels
    assert found.uncertainty.flatten().tolist() == pytest.approx([-1, 0, 0, 2])
    assert found.valid.flatten().tolist() == [True, False, False, True]


def test_median_rescaling_over_the_known_and_kept_pixels() -> None:
    # Known and kept: 1,2,3 against 10,20,40: factor 2/20; reference 1,2,4: error 0,0,-1.
    mask = torch.tensor([True, True, True, True, False]).view(1, 1, 1, 5)
    found = estimate(Given(scale="median"), row(1, 2, 3, 50, 60), depth(10, 20, 40, 0, 900), mask=mask)

    assert found.loss.item() == pytest.approx(1 / 3)
    assert found.uncertainty.flatten().tolist() == pytest.approx([0, 0, -2 / 3, 0, 0])


def test_each_image_is_rescaled_by_itself() -> None:
    images, given = torch.cat([row(1, 2, 3), row(4, 6, 8)]), torch.cat([depth(10, 20, 40), depth(2, 3, 4)])
    found = GradientUncertainty(Red(), ["head"], Given(scale="median"), chunk=2).estimate(images, reference=given)

    assert found.loss.tolist() == pytest.approx([1 / 3, 0], abs=1e-6)


@pytest.mark.parametrize(
    ("space", "scale", "loss"),
    [
        (None, "auto", 4.0),
        (OutputSpace("depth", "metric"), "auto", 4.0),
        (OutputSpace("depth", "scale"), "auto", 0.0),
        (OutputSpace("disparity", "affine"), "auto", 0.0),
        (OutputSpace("depth", "metric"), "median", 0.0),
        (OutputSpace("depth", "scale"), "none", 4.0),
    ],
)
def test_auto_rescales_unless_the_network_is_metric(space: OutputSpace | None, scale: Any, loss: float) -> None:
    assert estimate(Given(scale=scale), row(2, 2), depth(4, 4), space).loss.item() == pytest.approx(loss)


def test_an_image_without_any_known_pixel() -> None:
    found = estimate(Given(scale="median"), row(1, 2), depth(math.nan, 0))

    assert found.loss.tolist() == [0.0]
    assert found.uncertainty.flatten().tolist() == [0.0, 0.0]
    assert not found.valid.any()


def test_a_teacher_is_asked_for_the_image_alone() -> None:
    class Camera(Red):
        def forward(self, image: Tensor, intrinsics: Tensor) -> DepthPrediction:
            return super().forward(image)

    estimator = GradientUncertainty(Camera(), ["head"], Given(Teacher(), "none"), chunk=2)
    found = estimator.estimate(noise(3, 2, 2), intrinsics=torch.eye(3).expand(3, 3, 3))
    red = noise(3, 2, 2)[:, :1]

    torch.testing.assert_close(found.loss, red.square().flatten(1).mean(1))
    torch.testing.assert_close(found.uncertainty, -2 * red / 4)


def test_a_teacher_comes_before_a_given_depth_and_keeps_no_graph() -> None:
    teacher = nn.Sequential(nn.Conv2d(3, 1, 1), Prediction())
    found = Given(teacher)(query(Red(), row(1, 2), given=depth(5, 5)))

    assert not found.depth.requires_grad
    torch.testing.assert_close(found.depth, teacher[0](row(1, 2)).detach())


class Prediction(nn.Module):
    def forward(self, values: Tensor) -> DepthPrediction:
        return DepthPrediction(values)


def test_neither_depth_nor_teacher() -> None:
    with pytest.raises(InputError, match=r"'given' needs estimate\(image, reference=DEPTH\), or Given\(teacher="):
        estimate("given", row(1, 2))


@pytest.mark.parametrize(
    "given", [torch.ones(1, 1, 2, 1), torch.ones(1, 1, 1, 2, dtype=torch.int64), torch.ones(2, 1, 1, 2)]
)
def test_a_bad_depth_is_refused(given: Tensor) -> None:
    with pytest.raises(InputError, match=r"reference must be \(1, 1, 1, 2\) float, but is") as error:
        estimate("given", row(1, 2), given)

    assert f"{tuple(given.shape)} {given.dtype}" in str(error.value)


def test_a_teacher_in_training_mode_is_asked_in_eval_mode_and_stays_as_it_was() -> None:
    class Normalised(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm = nn.BatchNorm2d(3)

        def forward(self, image: Tensor) -> DepthPrediction:
            return DepthPrediction(1 + self.norm(image)[:, :1])

    teacher = Normalised().train()
    before = fingerprint(teacher)
    image = noise(2, 4, 6)
    found = GradientUncertainty(Red(), ["head"], Given(teacher)).estimate(image)

    assert fingerprint(teacher) == before
    alone = GradientUncertainty(Red(), ["head"], Given(teacher)).estimate(image[:1])
    torch.testing.assert_close(found.loss[:1], alone.loss)
