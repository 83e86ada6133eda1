"""Scores that are all 0: said once, with the reason and what to try."""

import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradunc import GradientUncertainty, OutputSpace
from tests.uncertainty.networks import noise
from tests.uncertainty.test_foreign_networks import PlainConvolutions, made


class Minus(PlainConvolutions):
    """A linear head that has only learned to be negative."""

    def forward(self, image: Tensor) -> Tensor:
        return -super().forward(image)


class Symmetric(nn.Module):
    """Sees no more than the pixel: the mirrored prediction is the mirror image of the prediction."""

    def __init__(self) -> None:
        super().__init__()
        self.mix, self.head = nn.Conv2d(3, 4, 1), nn.Conv2d(4, 1, 1)

    def forward(self, image: Tensor) -> Tensor:
        return self.head(self.mix(image)).exp()


class Dead(nn.Module):
    """What its only map says is multiplied by 0."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Conv2d(3, 4, 1)

    def forward(self, image: Tensor) -> Tensor:
        return 0 * self.mix(image).mean(1) + image.mean(1) + torch.linspace(1, 2, image.shape[-1])


@pytest.mark.parametrize(
    ("build", "make", "reason"),
    [
        (
            Minus,
            GradientUncertainty.recommended,
            r"nowhere above -0.*softplus or exp \(gradunc.adapt\), or set loss='squ",
        ),
        (Symmetric, GradientUncertainty, "the reference depth is the predicted one; set another reference"),
        (Dead, GradientUncertainty, r"the layers mix do not move the loss .*; set other layers"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*as layers='auto' chooses")
def test_scores_that_are_all_0_are_warned_of_once(build: Callable[[], nn.Module], make: Any, reason: str) -> None:
    estimator, image = make(made(build)), noise(1, 16, 16)
    with pytest.warns(UserWarning, match=f"all uncertainty scores are 0: .*{reason}"):
        estimate = estimator.estimate(image)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimator.estimate(image)

    assert not estimate.uncertainty.any()


@pytest.mark.parametrize(
    ("loss", "quantity", "is_floor"),
    [
        ("squared", "depth", False),
        ("l1", "depth", False),
        ("squared_log", "disparity", True),
        ("sensitivity", "depth", True),
        ("squared_disparity", "depth", True),
        ("squared_disparity", "disparity", False),
    ],
)
def test_small_depth_is_the_reason_only_where_the_loss_has_a_floor(loss: str, quantity: Any, is_floor: bool) -> None:
    class Small(Dead):
        output_space = OutputSpace(quantity)

        def forward(self, image: Tensor) -> Tensor:
            return 1e-4 * super().forward(image)

    with pytest.warns(UserWarning, match="nowhere above 0.0" if is_floor else "the layers mix do not move the loss"):
        GradientUncertainty(made(Small), "mix", loss=loss).estimate(noise(1, 16, 16))


def test_what_the_warning_advises_gives_scores() -> None:
    image = noise(1, 16, 16)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        squared = GradientUncertainty.recommended(
            made(Minus), loss="squared", output="full", reference="flip"
        ).estimate(image)
        gray = GradientUncertainty(made(Symmetric), layers="mix", reference="gray").estimate(image)

    assert squared.uncertainty.any()
    assert gray.uncertainty.any()
