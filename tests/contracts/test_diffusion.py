"""The batteries of models and of estimators on a diffusion network: a tiny Marigold."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradunc import GradientUncertainty, adapt_marigold
from gradunc.models import AdaptedModel
from gradunc.types import DepthPrediction, UncertaintyEstimator
from gradunc.uncertainty import NoiseEnsemble, NoisyFeatures
from gradunc.uncertainty.gradient.listing import automatic_layers
from tests.contracts import model_checks
from tests.contracts.estimator_checks import ASKING_CHECKS, CHECKS, Case
from tests.models.adapters.marigold_networks import marigold
from tests.uncertainty.networks import noise

OF_FAMILIES = {
    model_checks.check_depth_is_the_heads,
    model_checks.check_number_of_scales,
    model_checks.check_hook_layers,
}
"""Checks of heads and names that only networks of our families have."""


class OneScale(nn.Module):
    """An adapted network that is asked as those of families are: for a number of scales."""

    own_uncertainty = None

    def __init__(self) -> None:
        super().__init__()
        self.model = network()
        self.multiple, self.encoder = self.model.multiple, self.model.backbone

    def forward(self, image: Tensor, *, scales: int) -> DepthPrediction:
        return self.model(image)


def network() -> AdaptedModel:
    return adapt_marigold(marigold())


@pytest.mark.parametrize(
    "check", [one for one in model_checks.CHECKS if one not in OF_FAMILIES], ids=lambda check: check.__name__
)
def test_model(check: Callable[[Any], None]) -> None:
    check(OneScale)


def test_the_layer_of_the_model_runs_once() -> None:
    model, seen = network(), list[tuple[int, ...]]()
    (layer,) = automatic_layers(model, "auto")
    model.layer_root.get_submodule(layer).register_forward_hook(lambda *call: seen.append(tuple(call[2].shape)))
    with torch.no_grad():
        model(noise(1, 64, 96))
    assert [shape[-2:] for shape in seen] == [(16, 24)]


Build = Callable[[nn.Module], UncertaintyEstimator]
ESTIMATORS: dict[str, Build] = {
    "gradient": lambda model: GradientUncertainty(model, "auto"),
    "recommended": lambda model: GradientUncertainty.recommended(model),
    "latents": lambda model: GradientUncertainty(model, "auto", {"feature_noise": {"strength": 1.0}}),
    "in the U-Net": lambda model: GradientUncertainty(model, "unet.up_blocks.0.resnets.0"),
    "noise on features": lambda model: NoisyFeatures(model, samples=2, space="depth"),
    "noise": lambda model: NoiseEnsemble(model, 3, iterations=0, merged=False),
}


QUICK = ("gradient", "noise")


@pytest.mark.parametrize(
    "name", [one if one in QUICK else pytest.param(one, marks=pytest.mark.slow) for one in ESTIMATORS]
)
def test_estimator(name: str) -> None:
    for check in CHECKS:
        check(Case(ESTIMATORS[name], network, noise(2, 13, 22)))


@pytest.mark.parametrize("name", QUICK)
def test_an_estimator_asks_with_care(name: str) -> None:
    for check in ASKING_CHECKS:
        check(Case(ESTIMATORS[name], network, noise(2, 13, 22)))
