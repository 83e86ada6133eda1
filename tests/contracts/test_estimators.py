"""The battery over every registered part of the gradient estimator, and proof that it catches planted bugs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import gradunc.uncertainty.gradient as engine
from gradunc.types import DepthPrediction, UncertaintyEstimate
from gradunc.uncertainty import GradientUncertainty
from gradunc.uncertainty.reductions import ACROSS_LAYERS, CHANNELS
from gradunc.uncertainty.references import REFERENCES, Reference
from tests.contracts.estimator_checks import (
    CHECKS,
    BuildEstimator,
    Case,
    callers_modes_do_not_matter,
    depth_is_what_the_network_predicts,
    disagreement_scores_higher,
    images_do_not_see_their_neighbours,
    layers_are_the_gradients_of_ordinary_autograd,
    maps_have_the_size_of_the_image,
    masked_pixels_are_invalid_and_change_nothing_else,
    nothing_of_the_model_changes,
    the_same_call_gives_the_same_result,
    values_are_finite_float32_without_graph,
)
from tests.uncertainty.networks import Chain, Pyramid, convolution, noise

LAYERS = ("block", "fuse")


def in_place_pyramid() -> nn.Module:
    return Pyramid(inplace=True)


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


ENTRIES = list(product(sorted(REFERENCES), sorted(CHANNELS), sorted(ACROSS_LAYERS)))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize(("reference", "channels", "across_layers"), ENTRIES)
def test_every_entry_keeps_the_contract(
    check: Callable[[Case], None], reference: str, channels: str, across_layers: str
) -> None:
    check(case_of(gradient(reference=reference, channels=channels, across_layers=across_layers)))


@pytest.mark.parametrize("channels", sorted(CHANNELS))
@pytest.mark.parametrize("reference", sorted(REFERENCES))
def test_every_gradient_is_that_of_ordinary_autograd(reference: str, channels: str) -> None:
    layers_are_the_gradients_of_ordinary_autograd(
        gradient(reference=reference, channels=channels), Pyramid, noise(2, 16, 24)
    )


@pytest.mark.parametrize("channels", sorted(CHANNELS))
@pytest.mark.parametrize("reference", sorted(REFERENCES))
def test_every_score_is_higher_where_the_network_contradicts_itself(reference: str, channels: str) -> None:
    build = gradient(layers=["features"], reference=reference, channels=channels)
    disagreement_scores_higher(build, contradicting_network(), *contradicting_image())


class Planted:
    """A right estimator whose estimate is spoilt afterwards."""

    scale = "score"
    needs_grad = True

    def __init__(self, spoil: Callable[[nn.Module, UncertaintyEstimate], UncertaintyEstimate]) -> None:
        self.spoil = spoil

    def __call__(self, model: nn.Module) -> "Planted":
        self.model = model
        return self

    def estimate(self, image: Tensor, *, mask: Tensor | None = None, **inputs: Any) -> UncertaintyEstimate:
        return self.spoil(self.model, gradient()(self.model).estimate(image, mask=mask, **inputs))


def batch_minmax(maps: Tensor) -> Tensor:
    return (maps - maps.min()) / (maps.max() - maps.min())


def batch_mean_loss(prediction: DepthPrediction, reference: Tensor, keep: Tensor | None) -> Tensor:
    return (prediction.depth - reference).square().mean().expand(len(reference))


def loss_without_mask(prediction: DepthPrediction, reference: Tensor, keep: Tensor | None) -> Tensor:
    return (prediction.depth - reference).square().flatten(1).mean(1)


def loss_of_kept_pixels_only(prediction: DepthPrediction, reference: Tensor, keep: Tensor | None) -> Tensor:
    keep = torch.ones_like(reference, dtype=torch.bool) if keep is None else keep
    return (torch.where(keep, prediction.depth - reference, 0.0).square().flatten(1).sum(1)) / keep.flatten(1).sum(1)


def unseeded_reference(predict: Any, image: Tensor, inputs: dict[str, Any], *, seed: int) -> Reference:
    return Reference(predict(image + 0.1 * torch.randn_like(image), **inputs).depth)


def leave_a_hook(model: nn.Module, estimate: UncertaintyEstimate) -> UncertaintyEstimate:
    next(model.children()).register_forward_hook(lambda _module, _args, _output: None)
    return estimate


def leave_a_gradient(model: nn.Module, estimate: UncertaintyEstimate) -> UncertaintyEstimate:
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    return estimate


def leave_eval_mode(model: nn.Module, estimate: UncertaintyEstimate) -> UncertaintyEstimate:
    model.eval()
    return estimate


def freeze(model: nn.Module, estimate: UncertaintyEstimate) -> UncertaintyEstimate:
    model.requires_grad_(False)
    return estimate


def leave_recording_on(model: nn.Module, estimate: UncertaintyEstimate) -> UncertaintyEstimate:
    torch.set_grad_enabled(True)
    return estimate


def claim_nan_is_valid(model: nn.Module, estimate: UncertaintyEstimate) -> UncertaintyEstimate:
    return estimate._replace(uncertainty=estimate.uncertainty / 0 * 0)


SPOILT: dict[str, tuple[Callable[[Case], None], BuildEstimator]] = {
    "map at layer resolution": (
        maps_have_the_size_of_the_image,
        Planted(lambda _, e: e._replace(uncertainty=e.layers["block"])),
    ),
    "one loss for the batch": (maps_have_the_size_of_the_image, Planted(lambda _, e: e._replace(loss=e.loss.mean()))),
    "float64": (
        values_are_finite_float32_without_graph,
        Planted(lambda _, e: e._replace(uncertainty=e.uncertainty.double())),
    ),
    "NaN called valid": (values_are_finite_float32_without_graph, Planted(claim_nan_is_valid)),
    "mask forgotten in valid": (
        masked_pixels_are_invalid_and_change_nothing_else,
        Planted(lambda _, e: e._replace(valid=torch.ones_like(e.valid))),
    ),
    "division by no pixel": (
        masked_pixels_are_invalid_and_change_nothing_else,
        gradient(loss=loss_of_kept_pixels_only),
    ),
    "depth of the reference": (
        depth_is_what_the_network_predicts,
        Planted(lambda _, e: e._replace(depth=e.depth.flip(-1))),
    ),
    "loss of the whole batch": (images_do_not_see_their_neighbours, gradient(loss=batch_mean_loss)),
    "range of the whole batch": (images_do_not_see_their_neighbours, gradient(normalize=batch_minmax)),
    "noise without seed": (the_same_call_gives_the_same_result, gradient(reference=unseeded_reference)),
    "hook left": (nothing_of_the_model_changes, Planted(leave_a_hook)),
    "gradient left": (nothing_of_the_model_changes, Planted(leave_a_gradient)),
    "eval mode left": (nothing_of_the_model_changes, Planted(leave_eval_mode)),
    "frozen": (nothing_of_the_model_changes, Planted(freeze)),
    "recording left on": (callers_modes_do_not_matter, Planted(leave_recording_on)),
}


@pytest.mark.parametrize(("check", "build"), SPOILT.values(), ids=SPOILT.keys())
def test_a_planted_bug_is_caught(check: Callable[[Case], None], build: BuildEstimator) -> None:
    try:
        with pytest.raises(AssertionError):
            check(case_of(build))
    finally:
        torch.set_grad_enabled(True)


def test_a_forgotten_eval_mode_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def without_eval(model: nn.Module) -> Iterator[None]:
        with torch.inference_mode(False), torch.no_grad():
            yield

    monkeypatch.setattr(engine, "evaluation", without_eval)

    for check in (the_same_call_gives_the_same_result, nothing_of_the_model_changes):
        with pytest.raises(AssertionError):
            check(case_of(gradient()))


def test_capturing_behind_an_in_place_activation_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def without_copy(model: nn.Module, names: tuple[str, ...]) -> Iterator[dict[str, Tensor]]:
        captured: dict[str, Tensor] = {}

        def record(_model: nn.Module, _args: Any) -> None:
            torch.set_grad_enabled(True)

        def keep(name: str, output: Tensor) -> None:
            captured[name] = output

        modules = dict(model.named_modules())
        handles = [modules[n].register_forward_hook(lambda _m, _a, output, n=n: keep(n, output)) for n in names]
        handles.append(model.register_forward_pre_hook(record))
        yield captured
        for handle in handles:
            handle.remove()

    monkeypatch.setattr(engine, "capture", without_copy)
    build = gradient(layers=["stem.0", "fuse"])

    with pytest.raises(AssertionError, match="fuse: "):
        layers_are_the_gradients_of_ordinary_autograd(build, Pyramid, noise(2, 16, 24))


def test_a_reversed_score_is_caught() -> None:
    build = gradient(layers=["features"], channels=lambda values: -values.amax(1, keepdim=True))

    with pytest.raises(AssertionError):
        disagreement_scores_higher(build, contradicting_network(), *contradicting_image())


def test_a_loss_of_another_definition_is_caught() -> None:
    def total(prediction: DepthPrediction, reference: Tensor, keep: Tensor | None) -> Tensor:
        return (prediction.depth - reference).square().flatten(1).sum(1)

    with pytest.raises(AssertionError):
        layers_are_the_gradients_of_ordinary_autograd(gradient(loss=total), Pyramid, noise(2, 16, 24))
