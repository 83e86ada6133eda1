"""The battery over every registered part of the gradient estimator, and proof that it catches planted bugs."""

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradunc.types import Scale, UncertaintyEstimate
from gradunc.uncertainty import GradientUncertainty
from gradunc.uncertainty.gradient.losses import LOSSES
from gradunc.uncertainty.gradient.reductions import ACROSS_LAYERS, CHANNELS, SIGNED
from gradunc.uncertainty.gradient.reference_check import disagreement, disagrees
from gradunc.uncertainty.gradient.references import REFERENCES
from tests.contracts.estimator_checks import (
    ASKING_CHECKS,
    CHECKS,
    BuildEstimator,
    Case,
    disagreement_scores_higher,
    layers_are_the_gradients_of_ordinary_autograd,
)
from tests.uncertainty.networks import Chain, Pyramid, convolution, noise
from tests.uncertainty.split_networks import CoarsePyramid, SplitPyramid

pytestmark = pytest.mark.slow

LAYERS = ("block", "fuse")


def in_place_pyramid() -> nn.Module:
    return Pyramid(inplace=True)


def split_pyramid() -> nn.Module:
    return SplitPyramid(inplace=True)


def case_of(build: BuildEstimator) -> Case:
    return Case(build, in_place_pyramid, noise(3, 13, 22))


def gradient(**keywords: Any) -> Callable[[nn.Module], GradientUncertainty]:
    return lambda model: GradientUncertainty(model, **({"layers": LAYERS, "chunk": 3} | keywords))


def contradicting_network() -> nn.Module:
    """Depth = red + red of the left neighbour, through two features; the border is repeated."""
    features = convolution([[[[1, 0, 0]], [[0, 0, 0]], [[0, 0, 0]]], [[[0, 1, 0]], [[0, 0, 0]], [[0, 0, 0]]]])
    features.padding_mode = "replicate"
    features._reversed_padding_repeated_twice = [1, 1, 0, 0]
    return Chain(features, convolution([[[[1]], [[1]]]]))


def contradicting_image() -> tuple[Tensor, Tensor]:
    """White left, black right of column 4, column 3 red: flip and gray disagree at columns 3 and 4 only."""
    image = torch.zeros(1, 3, 2, 8)
    image[..., :4] = 1.0
    image[:, 1:, :, 3] = 0.0
    wrong = torch.zeros(1, 1, 2, 8, dtype=torch.bool)
    wrong[..., 3:5] = True
    return image, wrong


class WithReference:
    """The estimator of "given", handed a depth that depends on each image alone and is unknown at some pixels."""

    scale = Scale("score")
    needs_grad = True

    def __init__(self, inner: GradientUncertainty) -> None:
        self.inner = inner

    def estimate(self, image: Tensor, **inputs: Any) -> UncertaintyEstimate:
        depth = 1 + 3 * image.mean(1, keepdim=True)
        return self.inner.estimate(image, reference=torch.where(image[:, :1] > 0.1, depth, 0.0), **inputs)


STRONG: dict[str, dict[str, Any]] = {
    "noise": {"std": 0.3},
    "brightness": {"brightness": 2.0},
    "feature_noise": {"strength": 1.0},
    "feature_dropout": {"p": 0.5, "levels": "all"},
    "feature_scale": {"factor": 4.0},
}
"""So that float32's rounding of the difference of two depths stays below the checks' tolerance."""


def entry(reference: str, loss: str, channels: str, across_layers: str) -> BuildEstimator:
    parameters: Any = {reference: STRONG[reference]} if reference in STRONG else reference
    keywords = {"reference": parameters, "loss": loss, "channels": channels, "across_layers": across_layers}
    if reference == "none":
        keywords["variance_weight"] = 2.0
    if across_layers == "geometric":
        keywords["normalize"] = "mean"
    build = gradient(**keywords)
    return (lambda model: WithReference(build(model))) if reference == "given" else build


OF_FULL_OUTPUT = sorted({*REFERENCES} - {"scale"})
NAMES = [*OF_FULL_OUTPUT, "none"]
REDUCTIONS = [
    pair for pair in product(sorted(CHANNELS), sorted(ACROSS_LAYERS)) if not (pair[0] in SIGNED and "geometric" in pair)
]
# Every reference with every loss; every reduction with every way across layers; every pair of the other kinds too.
ENTRIES = [
    *[(*pair, *REDUCTIONS[i % len(REDUCTIONS)]) for i, pair in enumerate(product(NAMES, sorted(LOSSES)))],
    *[("flip", "squared", *pair) for pair in REDUCTIONS],
]


@pytest.mark.parametrize("entry_of", ENTRIES, ids="-".join)
def test_every_entry_keeps_the_contract(entry_of: tuple[str, str, str, str]) -> None:
    for check in CHECKS:
        check(Case(entry(*entry_of), split_pyramid, noise(3, 13, 22)))


@pytest.mark.parametrize("check", ASKING_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("reference", OF_FULL_OUTPUT)
def test_every_reference_asks_the_network_with_care(reference: str, check: Callable[[Case], None]) -> None:
    for network in (split_pyramid, in_place_pyramid):
        changes_features = reference.startswith("feature")
        if network is split_pyramid or not changes_features:
            check(Case(entry(reference, "squared", "max", "mean"), network, noise(3, 13, 22)))


@pytest.mark.parametrize("loss", ["l1", "sensitivity"])
def test_what_replaces_a_reference_keeps_the_contract(loss: str) -> None:
    case = Case(gradient(reference_check="fallback", loss=loss), split_pyramid, noise(3, 13, 22))
    for check in (*CHECKS, *ASKING_CHECKS):
        check(case)
    network = split_pyramid().eval()
    assert disagrees(disagreement(network(case.image).depth, network(case.image.flip(-1)).depth.flip(-1))).any()


@pytest.mark.parametrize("reference", [*OF_FULL_OUTPUT, "none", "scale", ["feature_flip", "scale"]], ids=str)
@pytest.mark.parametrize("network", [CoarsePyramid, SplitPyramid])
def test_every_coarse_output_keeps_the_contract(network: type[nn.Module], reference: Any) -> None:
    parameters = {reference: STRONG[reference]} if str(reference) in STRONG else reference
    build = gradient(layers="block", output="coarse", loss="sensitivity", channels="norm", reference=parameters)
    made = (lambda model: WithReference(build(model))) if reference == "given" else build
    case = Case(made, network, noise(3, 13, 22))
    for check in (*CHECKS, *ASKING_CHECKS):
        check(case)


@pytest.mark.parametrize("channels", sorted(CHANNELS))
@pytest.mark.parametrize("reference", ["flip", "gray", "noise"])
def test_every_gradient_is_that_of_ordinary_autograd(reference: str, channels: str) -> None:
    layers_are_the_gradients_of_ordinary_autograd(
        gradient(reference=reference, channels=channels), Pyramid, noise(2, 16, 24)
    )


@pytest.mark.parametrize("channels", sorted(CHANNELS))
@pytest.mark.parametrize("reference", ["flip", "gray"])
def test_every_score_is_higher_where_the_network_contradicts_itself(reference: str, channels: str) -> None:
    build = gradient(layers=["features"], reference=reference, channels=channels)
    disagreement_scores_higher(build, contradicting_network(), *contradicting_image())
