"""Proof that the battery of estimators catches planted bugs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import gradunc.uncertainty.gradient.engine
import gradunc.uncertainty.gradient.estimator
from gradunc.types import Scale, UncertaintyEstimate
from gradunc.uncertainty.gradient.capture import Captured
from gradunc.uncertainty.gradient.losses import Comparison
from gradunc.uncertainty.gradient.references import Query, Reference
from tests.contracts.estimator_checks import (
    BuildEstimator,
    Case,
    an_answer_that_is_no_depth_is_one_line,
    attributes_say_how_to_use_it,
    callers_modes_do_not_matter,
    depth_is_what_the_network_predicts,
    disagreement_scores_higher,
    images_do_not_see_their_neighbours,
    layers_are_the_gradients_of_ordinary_autograd,
    maps_have_the_size_of_the_image,
    masked_pixels_are_invalid_and_change_nothing_else,
    nothing_of_the_model_changes,
    the_network_cannot_change_what_the_caller_has,
    the_same_call_gives_the_same_result,
    values_are_finite_float32_without_graph,
)
from tests.contracts.test_estimators import case_of, contradicting_image, contradicting_network, gradient
from tests.uncertainty.networks import Pyramid, noise


class Planted:
    """A right estimator whose estimate is spoilt afterwards."""

    scale = Scale("score")
    needs_grad = True

    def __init__(self, spoil: Callable[[nn.Module, UncertaintyEstimate], UncertaintyEstimate]) -> None:
        self.spoil = spoil

    def __call__(self, model: nn.Module) -> "Planted":
        self.model = model
        return self

    def estimate(self, image: Tensor, *, mask: Tensor | None = None, **inputs: Any) -> UncertaintyEstimate:
        return self.spoil(self.model, gradient()(self.model).estimate(image, mask=mask, **inputs))


class WithoutQuantity(Planted):
    """Says the unit of its standard deviation, but not of what it is one."""

    scale = Scale("std", "m")


def batch_minmax(maps: Tensor) -> Tensor:
    return (maps - maps.min()) / (maps.max() - maps.min())


def batch_mean_loss(comparison: Comparison) -> Tensor:
    return (comparison.depth - comparison.reference[0]).square().mean().expand(len(comparison.depth))


def loss_of_kept_pixels_only(comparison: Comparison) -> Tensor:
    depth, (reference,), keep, _ = comparison
    keep = torch.ones_like(reference, dtype=torch.bool) if keep is None else keep[0]
    return torch.where(keep, depth - reference, 0.0).square().flatten(1).sum(1) / keep.flatten(1).sum(1)


def unseeded_reference(query: Query) -> Reference:
    return Reference(query.predict(query.image + 0.1 * torch.randn_like(query.image)))


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


class Trusting:
    """Asks the network itself, without `ask`."""

    scale = Scale("score")
    needs_grad = False

    def __init__(self, model: nn.Module, *, copy: bool) -> None:
        self.model, self.copy = model, copy

    def estimate(self, image: Tensor, **inputs: Any) -> UncertaintyEstimate:
        depth = self.model(image.clone() if self.copy else image).depth.detach()
        return UncertaintyEstimate(depth, depth, depth > 0)


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
    "std without quantity": (attributes_say_how_to_use_it, WithoutQuantity(lambda _, e: e)),
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
    "an aleatoric part of another size": (
        maps_have_the_size_of_the_image,
        Planted(lambda _, e: e._replace(aleatoric=e.uncertainty[..., :-1])),
    ),
    "image handed out": (
        the_network_cannot_change_what_the_caller_has,
        lambda model: Trusting(model, copy=False),
    ),
    "random state consumed": (
        the_network_cannot_change_what_the_caller_has,
        lambda model: Trusting(model, copy=True),
    ),
    "an answer not looked at": (
        an_answer_that_is_no_depth_is_one_line,
        lambda model: Trusting(model, copy=True),
    ),
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

    monkeypatch.setattr(gradunc.uncertainty.gradient.estimator, "evaluation", without_eval)

    for check in (the_same_call_gives_the_same_result, nothing_of_the_model_changes):
        with pytest.raises(AssertionError):
            check(case_of(gradient()))


def test_capturing_behind_an_in_place_activation_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_copy(captured: Captured, name: str, output: Tensor) -> Tensor:
        torch.set_grad_enabled(True)
        captured.tensors[name] = output if output.requires_grad else output.detach().requires_grad_()
        return captured.tensors[name]

    monkeypatch.setattr(Captured, "_keep", without_copy)
    build = gradient(layers=["stem.0", "fuse"])

    with pytest.raises(AssertionError, match="fuse: "):
        layers_are_the_gradients_of_ordinary_autograd(build, Pyramid, noise(2, 16, 24))


def test_a_reversed_score_is_caught() -> None:
    build = gradient(layers=["features"], channels=lambda values: -values.amax(1, keepdim=True))

    with pytest.raises(AssertionError):
        disagreement_scores_higher(build, contradicting_network(), *contradicting_image())


def test_a_loss_of_another_definition_is_caught() -> None:
    def total(comparison: Comparison) -> Tensor:
        return (comparison.depth - comparison.reference[0]).square().flatten(1).sum(1)

    with pytest.raises(AssertionError):
        layers_are_the_gradients_of_ordinary_autograd(gradient(loss=total), Pyramid, noise(2, 16, 24))
