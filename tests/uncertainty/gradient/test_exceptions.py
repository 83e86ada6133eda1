"""The gradient engine: nothing stays behind after an exception, wherever it comes from."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradunc.types import DepthPrediction
from gradunc.uncertainty import GradientUncertainty
from gradunc.uncertainty.gradient.losses import Comparison
from gradunc.uncertainty.gradient.references import FeatureNoise, Query, Reference
from tests.uncertainty.networks import assert_same, fingerprint, noise
from tests.uncertainty.split_networks import SplitPyramid


class Planted(Exception):
    """Nothing of the package raises it."""


def fail(*_arguments: Any, **_keywords: Any) -> Any:
    raise Planted


class Failing(torch.autograd.Function):
    """The identity, with a backward pass that raises."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        raise Planted


class Fuse(nn.Module):
    """Stands in for the layer behind "block" and fails when it is told to."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner, self.fail_in = inner, ""

    def forward(self, x: Tensor) -> Tensor:
        if self.fail_in == "reference" and not x.requires_grad:
            raise Planted
        if self.fail_in == "forward" and x.requires_grad:
            raise Planted
        return self.inner(Failing.apply(x) if self.fail_in == "backward" and x.requires_grad else x)


def after_prediction(query: Query) -> Reference:
    """A reference that fails once it has run the network, hooks and all."""
    query.predict(query.image)
    raise Planted


def wrong_shape(query: Query) -> Reference:
    return Reference(torch.zeros(1, 1, 2, 3))


PARTS: dict[str, tuple[str, dict[str, Any]]] = {
    "forward pass of the reference": ("reference", {}),
    "forward pass of the prediction": ("forward", {}),
    "backward pass": ("backward", {}),
    "reduction over channels": ("", {"channels": fail}),
    "reduction across layers": ("", {"across_layers": fail}),
    "normalisation": ("", {"normalize": fail}),
    "loss": ("", {"loss": fail}),
    "gradient of the loss": ("", {"loss": lambda one: Failing.apply(one.depth).flatten(1).sum(1)}),
    "reference": ("", {"reference": fail}),
    "reference that has predicted": ("", {"reference": after_prediction}),
    "second reference": ("", {"reference": ["flip", FeatureNoise(), fail]}),
    "change of features": ("", {"reference": lambda query: Reference(query.predict_changed(fail))}),
    "change of a layer": ("", {"reference": lambda query: Reference(query.predict_changed(fail, layer="deep"))}),
}


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(("fail_in", "keywords"), PARTS.values(), ids=PARTS.keys())
def test_nothing_stays_behind(fail_in: str, keywords: dict[str, Any], training: bool) -> None:
    model = SplitPyramid(inplace=True).train(training)
    model.fuse = Fuse(model.fuse)
    expected = GradientUncertainty(model, ["block", "fuse"]).estimate(noise(2, 8, 8))
    model.fuse.fail_in = fail_in
    before = fingerprint(model)
    estimator = GradientUncertainty(model, ["block", "fuse"], **({"reference": "flip"} | keywords))
    for enabled in (True, False):
        with torch.set_grad_enabled(enabled):
            with pytest.raises(Planted):
                estimator.estimate(noise(2, 8, 8))
            assert torch.is_grad_enabled() == enabled

    assert fingerprint(model) == before
    model.fuse.fail_in = ""
    assert_same(GradientUncertainty(model, ["block", "fuse"]).estimate(noise(2, 8, 8)), expected)


@pytest.mark.parametrize("part", ["reference", "loss", "channels"])
def test_callbacks_that_answer_nonsense_leave_nothing_either(part: str) -> None:
    nonsense: dict[str, Callable[..., Any]] = {
        "reference": wrong_shape,
        "loss": lambda comparison: comparison.depth.mean().view(1, 1) @ torch.ones(3, 1),
        "channels": lambda gradient: None,
    }
    model = SplitPyramid()
    before = fingerprint(model)
    with pytest.raises((RuntimeError, AttributeError, TypeError)):
        GradientUncertainty(model, ["block", "fuse"], **{part: nonsense[part]}).estimate(noise(2, 8, 8))

    assert fingerprint(model) == before


def test_callbacks_may_use_autograd_themselves() -> None:
    """A loss that differentiates something of its own, and a reduction that runs under no_grad."""

    def loss(comparison: Comparison) -> Tensor:
        scale = torch.ones(1, requires_grad=True)
        (slope,) = torch.autograd.grad((3 * scale).sum(), scale)
        return slope * comparison.depth.flatten(1).mean(1)

    def channels(gradient: Tensor) -> Tensor:
        assert not torch.is_grad_enabled()
        return gradient.sum(1, keepdim=True)

    class Head(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Conv2d(3, 1, 1)

        def forward(self, image: Tensor) -> DepthPrediction:
            return DepthPrediction(self.head(image))

    estimate = GradientUncertainty(Head(), "head", "flip", loss, channels).estimate(noise(1, 2, 2))

    torch.testing.assert_close(estimate.uncertainty, torch.full((1, 1, 2, 2), 3 / 4))
