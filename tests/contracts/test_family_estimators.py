"""Every uncertainty method on a small network of every family, with the settings that a user gets unasked."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.imports import imported
from gradunc.models import FAMILIES
from gradunc.types import UncertaintyEstimator
from gradunc.uncertainty.interface import Fitted, Parts
from gradunc.uncertainty.registry import ESTIMATORS
from tests.contracts.estimator_checks import ASKING_CHECKS, CHECKS, Case
from tests.contracts.small_networks import VARIANTS, factory
from tests.uncertainty.networks import fingerprint, noise

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("narrow_transformers")]

NETWORKS = [*FAMILIES, "relative head", "transformer", "linear head", "uncertainty head"]
"""Of the small networks, those that differ in what an estimator sees."""
OF_ONE_FAMILY = ["beit", "midas", "midas_small"]
"""Those that differ in what only an estimator with gradients sees: attention by place, and versions of a decoder."""
IMAGES = noise(2, 61, 83)
"""Sides that are no multiple of any network's."""
OPTIONS: dict[str, dict[str, Any]] = {
    "bayescap": {"steps": 3, "width": 4, "blocks": 1},
    "ensemble": {"checkpoints": ["0", "1"]},
}
"""Methods that need some, and those that would learn for minutes."""
ROUNDING = 3e-5
"""Of the depth of a network in float32, as a share: AdaBins' attention rounds by 1e-5 in a batch of another size."""
NEEDS_A_HEAD, NEEDS_DROPOUT = "predicts no uncertainty of its own", "has no dropout layer"
NEEDS_NOISE = "draws no noise"
NEEDS_ONE_OUTPUT = "16 outputs, as networks of bins do"
ALWAYS_REFUSED = {"mc_dropout": NEEDS_DROPOUT, "noise_ensemble": NEEDS_NOISE}


def network(variant: str, seed: int = 0) -> nn.Module:
    model = settled(factory(VARIANTS[variant])().eval())
    if seed:
        with torch.no_grad():
            for parameter in model.decoder.parameters():
                parameter.mul_(1.5)
    return model


def settled(model: nn.Module) -> nn.Module:
    """With the statistics that training leaves in batch norms: without, deep features of random weights hardly vary.

    What a method learned of them would be their rounding, which is another one on every processor.
    """
    norms = [one for one in model.modules() if isinstance(one, nn.BatchNorm2d)]
    for one in norms:
        one.momentum = 1.0
        one.train()
    with torch.no_grad():
        model(noise(4, 64, 96, seed=9))
    for one in norms:
        one.eval()
    return model


def build(method: str, variant: str, model: nn.Module) -> UncertaintyEstimator:
    """The estimator of a method with its defaults; one that learns learns from an image."""
    settings = imported(ESTIMATORS[method].settings)(method=method, **OPTIONS.get(method, {}))
    parts = Parts(
        model,
        network=lambda path: network(variant, seed=int(path)),
        estimator=lambda name: build("gradient", variant, model),
    )
    estimator = imported(ESTIMATORS[method].implementation)(settings, parts)
    if isinstance(estimator, Fitted):
        image = noise(2, 64, 96, seed=5)
        estimator.fit([{"image": image, "depth": truth(model, image), "valid": image[:, :1] > 0}])
    return estimator


def truth(model: Any, image: Tensor) -> Tensor:
    """A depth [m] that the network nearly sees."""
    with torch.no_grad():
        seen = model(image).depth
    depth = 2 / (0.1 + seen) if model.head.output_space.quantity == "disparity" else seen.clamp_min(0.1)
    return depth * (0.9 + 0.2 * image[:, :1])


def refusal(method: str, variant: str) -> str | None:
    """What a network must say to a method that it does not allow."""
    if method in ALWAYS_REFUSED:
        return ALWAYS_REFUSED[method]
    if method == "predicted" and getattr(VARIANTS[variant], "uncertainty_head", None) is None:
        return NEEDS_A_HEAD
    if method == "last_layer_laplace" and VARIANTS[variant].head == "bins":
        return NEEDS_ONE_OUTPUT
    return None


@pytest.mark.parametrize("method", ESTIMATORS)
@pytest.mark.parametrize("variant", NETWORKS)
def test_a_family_allows_a_method(variant: str, method: str) -> None:
    model = network(variant)
    if (reason := refusal(method, variant)) is not None:
        with pytest.raises(InputError, match=reason):
            build(method, variant, model).estimate(IMAGES)
        return
    before = fingerprint(model)
    estimator = build(method, variant, model)
    together, alone = estimator.estimate(IMAGES), estimator.estimate(IMAGES[1:])
    assert fingerprint(model) == before

    with torch.no_grad():
        if method != "ensemble":
            torch.testing.assert_close(together.depth, model(IMAGES).depth, rtol=ROUNDING, atol=0)
    for values in (together.depth, together.uncertainty):
        assert values.shape == (2, 1, 61, 83)
        assert values.dtype == torch.float32
        assert values.isfinite().all()
    assert together.valid.any(dim=(1, 2, 3)).all()
    assert torch.equal(together.valid[1:], alone.valid)
    near(together.uncertainty[1:], alone.uncertainty, float(alone.depth.abs().max()))
    known = together.uncertainty[together.valid]
    assert known.std() > 0, "every pixel is as sure as every other"


def near(one: Tensor, two: Tensor, depth: float) -> None:
    """Up to rounding: what is a difference of depths is rounded as they are, whatever its own size."""
    torch.testing.assert_close(one, two, rtol=1e-3, atol=3e-4 * float(two.abs().max()) + ROUNDING * depth)


@pytest.mark.parametrize("variant", [*NETWORKS, *OF_ONE_FAMILY])
def test_the_gradient_keeps_the_whole_contract(variant: str) -> None:
    for check in (*CHECKS, *ASKING_CHECKS):
        check(Case(lambda model: build("gradient", variant, model), lambda: network(variant), IMAGES))
