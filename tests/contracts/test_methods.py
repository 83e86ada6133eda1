"""The battery over every registered uncertainty method, and over a toy of each kind."""

import subprocess
import sys
from copy import deepcopy
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from gradunc.imports import imported
from gradunc.own_uncertainty import OwnUncertainty
from gradunc.types import DepthPrediction, Sample, UncertaintyEstimator
from gradunc.uncertainty.interface import Fitted, Parts
from gradunc.uncertainty.registry import ESTIMATORS
from gradunc.uncertainty.settings import EstimatorSettings
from tests.contracts.estimator_checks import ASKING_CHECKS, CHECKS, Case
from tests.contracts.needs_checks import needs_are_said
from tests.helpers import REPOSITORY
from tests.uncertainty.networks import Pyramid, noise
from tests.uncertainty.toys import TOYS

METHODS = {**ESTIMATORS, **TOYS}

TWIN = "a twin"
"""Path of a network with other weights that predicts the same."""

OPTIONS: dict[str, dict[str, Any]] = {
    "gradient": {"layers": ["block"]},
    "ensemble": {"checkpoints": ["the same", TWIN]},
    "members": {"checkpoints": ["the same"]},
    "mc_dropout": {"mean": False},
    "noise_ensemble": {"merged": False, "members": 3},
    "error_head": {"layers": ["inner.fuse"]},
    "student": {"layers": ["inner.fuse"]},
    "bayescap": {"steps": 3, "width": 4, "blocks": 1},
}
"""Method -> options that fit the battery's network; defaults otherwise."""


class Talkative(nn.Module):
    """A network that also says how sure it is, and that can be asked for predictions from noise."""

    noise_seed = 0

    def __init__(self) -> None:
        super().__init__()
        self.inner = Pyramid(inplace=True)
        self.own_uncertainty = OwnUncertainty("laplace")

    def forward(self, image: torch.Tensor, noise_seed: int = 0) -> DepthPrediction:
        depth = self.inner(image).depth
        if noise_seed:
            depth = depth + torch.randn(depth.shape[1:], generator=torch.Generator().manual_seed(noise_seed))
        return DepthPrediction(depth, log_scale=-depth)


def twin_of(model: nn.Module) -> nn.Module:
    other = deepcopy(model)
    other.register_buffer("of_the_twin", torch.ones(1))
    return other


def build(method: str, model: nn.Module, asked: list[str] | None = None) -> UncertaintyEstimator:
    """The estimator of a method, fitted if it has to be; `asked` gets the paths of the networks that it loads."""
    settings = imported(METHODS[method].settings)(method=method, **OPTIONS.get(method, {}))
    if method == "gradient":
        settings.layers = ["inner.block"]
    others = {"gradient": lambda: build("gradient", model)}

    def network(path: str) -> nn.Module:
        if asked is not None:
            asked.append(path)
        return twin_of(model) if path == TWIN else model

    parts = Parts(model, network=network, estimator=lambda name: others[name]())
    estimator = imported(METHODS[method].implementation)(settings, parts)
    if isinstance(estimator, Fitted):
        image = noise(2, 8, 12, seed=5)
        sample: Sample = {"image": image, "depth": 1 + image[:, :1], "valid": image[:, :1] > 0}
        estimator.fit([sample])
    return estimator


@pytest.mark.parametrize("check", [*CHECKS, *ASKING_CHECKS], ids=lambda check: check.__name__)
@pytest.mark.parametrize("method", METHODS)
def test_every_method_keeps_the_contract(method, check):
    check(Case(lambda model: build(method, model), lambda: Talkative().eval(), noise(3, 13, 22)))


@pytest.mark.parametrize("method", METHODS)
def test_settings_say_what_every_option_is(method):
    kind = imported(METHODS[method].settings)
    assert issubclass(kind, EstimatorSettings)
    assert kind(method=method).method == method
    assert all(one.metadata["help"] for one in fields(kind))


@pytest.mark.parametrize("method", METHODS)
def test_settings_say_what_a_method_needs(method):
    asked: list[str] = []
    estimator = build(method, Talkative().eval(), asked)
    needs_are_said(imported(METHODS[method].settings).needs, estimator, asked)


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("density", ()),
        ("density", ("retraining",)),
        ("sampled", ("fitting", "samples")),
        ("sampled", ("samples", "retraining")),
        ("sampled", ("time",)),
        ("ensemble", ()),
    ],
)
def test_needs_that_are_wrong_are_found(method, said):
    asked: list[str] = []
    estimator = build(method, Talkative().eval(), asked)
    with pytest.raises(AssertionError):
        needs_are_said(said, estimator, asked)


@pytest.mark.parametrize("method", METHODS)
def test_what_was_learned_can_be_restored(method):
    model = Talkative().eval()
    estimator, image = build(method, model), noise(1, 13, 22)
    if not isinstance(estimator, Fitted):
        assert not hasattr(estimator, "fit"), "it has a part of the protocol `Fitted`, but not all of it"
        return
    settings = imported(METHODS[method].settings)(method=method, **OPTIONS.get(method, {}))
    fresh = imported(METHODS[method].implementation)(settings, Parts(model, estimator=lambda name: build(name, model)))
    assert not fresh.is_fitted
    fresh.restore(estimator.learned())
    assert fresh.is_fitted
    assert torch.equal(fresh.estimate(image).uncertainty, estimator.estimate(image).uncertainty)


def test_the_options_of_all_methods_need_no_torch():
    paths = [entry.settings for entry in ESTIMATORS.values()]
    code = f"import sys; from gradunc.imports import imported; [*map(imported, {paths})]; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


@pytest.mark.parametrize("method", TOYS)
def test_a_method_is_short(method):
    """A new method: at most 60 lines, one line of the registry."""
    path = Path(str(sys.modules[METHODS[method].settings.partition(":")[0]].__file__))
    assert len(path.read_text().splitlines()) <= 60
