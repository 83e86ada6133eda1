"""What every uncertainty estimator promises. A check raises AssertionError; test_estimators.py runs them all."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.types import QUANTITIES, UncertaintyEstimate, UncertaintyEstimator
from gradunc.uncertainty import GradientUncertainty
from tests.uncertainty.networks import added_gradients, fingerprint, query

BuildEstimator = Callable[[nn.Module], UncertaintyEstimator]


class Case(NamedTuple):
    """What a check needs: how to build the estimator, a network for it, and images."""

    build: BuildEstimator
    network: Callable[[], nn.Module]
    """A fresh network in eval mode; the same weights at every call; BatchNorm, dropout, in-place activations."""
    image: Tensor
    """(B,3,H,W), B > 1, sides that are no multiple of the network's."""

    def estimator(self) -> UncertaintyEstimator:
        return self.build(self.network())


def maps_have_the_size_of_the_image(case: Case) -> None:
    estimate = case.estimator().estimate(case.image)
    batch, _, height, width = case.image.shape
    for values in (estimate.depth, estimate.uncertainty, estimate.valid):
        assert values.shape == (batch, 1, height, width), f"{tuple(values.shape)} for image {tuple(case.image.shape)}"
    for part in (estimate.aleatoric, estimate.epistemic):
        assert part is None or part.shape == (batch, 1, height, width)
    assert estimate.loss is None or estimate.loss.shape == (batch,), "one loss per image"
    for name, values in estimate.layers.items():
        assert values.ndim == 4, name
        assert values.shape[:2] == (batch, 1), name


def values_are_finite_float32_without_graph(case: Case) -> None:
    estimate = case.estimator().estimate(case.image)
    optional = [values for values in (estimate.loss, estimate.aleatoric, estimate.epistemic) if values is not None]
    for values in (estimate.depth, estimate.uncertainty, *optional, *estimate.layers.values()):
        assert values.dtype == torch.float32, values.dtype
        assert not values.requires_grad
    assert estimate.valid.dtype == torch.bool
    assert estimate.valid.any()
    assert estimate.uncertainty[estimate.valid].isfinite().all()
    assert estimate.depth.isfinite().all()


def masked_pixels_are_invalid_and_change_nothing_else(case: Case) -> None:
    estimator, image = case.estimator(), case.image
    mask = torch.ones_like(image[:, :1], dtype=torch.bool)
    everywhere, free = estimator.estimate(image, mask=mask), estimator.estimate(image)
    _assert_same(everywhere, free)
    mask[..., : image.shape[-1] // 2] = False
    estimate = estimator.estimate(image, mask=mask)
    assert not (estimate.valid & ~mask).any()
    assert torch.equal(estimate.depth, free.depth)
    nothing = estimator.estimate(image, mask=torch.zeros_like(mask))
    assert nothing.uncertainty.isfinite().all()
    assert nothing.loss is None or nothing.loss.tolist() == [0.0] * len(image)
    assert not nothing.valid.any()


def depth_is_what_the_network_predicts(case: Case) -> None:
    model = case.network()
    with torch.no_grad():
        expected = model(case.image).depth
    # A pass that is differentiated, or takes its images one by one, rounds otherwise: by up to 1e-5 in AdaBins.
    torch.testing.assert_close(case.build(model).estimate(case.image).depth, expected, rtol=3e-5, atol=1e-5)


def attributes_say_how_to_use_it(case: Case) -> None:
    estimator = case.estimator()
    assert estimator.scale.kind in ("score", "std", "variance"), estimator.scale
    assert (estimator.scale.kind == "score") == (not estimator.scale.unit), "a std has a unit, a score has none"
    quantities = ("",) if estimator.scale.kind == "score" else QUANTITIES
    assert estimator.scale.quantity in quantities, f"{estimator.scale.quantity!r} is none of {quantities}"
    assert isinstance(estimator.needs_grad, bool)


def images_do_not_see_their_neighbours(case: Case) -> None:
    """Within 1e-5 relative, whatever else is in the batch."""
    estimator = case.estimator()
    together = estimator.estimate(case.image)
    for i in range(len(case.image)):
        _assert_same(_part(together, i), estimator.estimate(case.image[i : i + 1]))
    _assert_same(_part(estimator.estimate(case.image.flip(0)), 0), _part(together, len(case.image) - 1))


def the_same_call_gives_the_same_result(case: Case) -> None:
    """Also in training mode, with another state of the random generator, and with a second estimator."""
    model = case.network()
    first = case.build(model).estimate(case.image)
    torch.manual_seed(12345)
    _assert_same(case.build(model.train()).estimate(case.image), first)


def nothing_of_the_model_changes(case: Case) -> None:
    for training in (False, True):
        model = case.network().train(training)
        model(case.image).depth.mean().backward()
        model.register_forward_hook(lambda _module, _args, _output: None)
        before = fingerprint(model)
        case.build(model).estimate(case.image)
        assert fingerprint(model) == before


def callers_modes_do_not_matter(case: Case) -> None:
    estimator = case.estimator()
    expected = estimator.estimate(case.image)
    for mode in (torch.no_grad, torch.inference_mode, torch.enable_grad):
        with mode():
            state = torch.is_grad_enabled(), torch.is_inference_mode_enabled()
            estimate = estimator.estimate(case.image.clone())
            assert (torch.is_grad_enabled(), torch.is_inference_mode_enabled()) == state
        _assert_same(estimate, expected)


def the_network_cannot_change_what_the_caller_has(case: Case) -> None:
    """A network that works on its input in place and draws random numbers: images and random state stay."""

    def in_place(_module: nn.Module, arguments: tuple[Tensor, ...]) -> None:
        arguments[0].mul_(0.5)
        torch.rand(3)

    def copying(_module: nn.Module, arguments: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (arguments[0] * 0.5,)

    estimates = []
    for hook in (in_place, copying):
        model, image = case.network(), case.image.clone()
        model.register_forward_pre_hook(hook)
        state = torch.get_rng_state()
        estimates.append(case.build(model).estimate(image))
        assert torch.equal(image, case.image), "the image has changed"
        assert torch.equal(torch.get_rng_state(), state), "the random state has changed"
    _assert_same(*estimates)


def an_answer_that_is_no_depth_is_one_line(case: Case) -> None:
    for answer in (None, 3, torch.zeros(2, 1, 4, 4)):
        model = case.network()
        estimator = case.build(model)
        for name in ("forward", "decode", "decode_coarse"):
            if hasattr(model, name):
                setattr(model, name, lambda *_, answer=answer, **__: answer)
        said = _error(estimator, case.image)
        assert isinstance(said, InputError), f"{said!r} for the answer {answer}"
        assert "must return a DepthPrediction" in str(said) or "must return a CoarseDecoding" in str(said), said
        assert "\n" not in str(said)


def _error(estimator: UncertaintyEstimator, image: Tensor) -> Exception | None:
    try:
        estimator.estimate(image)
    except Exception as error:
        return error
    return None


CHECKS: tuple[Callable[[Case], None], ...] = (
    maps_have_the_size_of_the_image,
    values_are_finite_float32_without_graph,
    masked_pixels_are_invalid_and_change_nothing_else,
    depth_is_what_the_network_predicts,
    attributes_say_how_to_use_it,
    images_do_not_see_their_neighbours,
    the_same_call_gives_the_same_result,
    nothing_of_the_model_changes,
    callers_modes_do_not_matter,
)
"""For every estimator."""

ASKING_CHECKS: tuple[Callable[[Case], None], ...] = (
    the_network_cannot_change_what_the_caller_has,
    an_answer_that_is_no_depth_is_one_line,
)
"""For every way to ask a network: every method and every reference."""


def layers_are_the_gradients_of_ordinary_autograd(
    build: Callable[[nn.Module], GradientUncertainty], network: Callable[[bool], nn.Module], image: Tensor
) -> None:
    """For estimators of squared loss and one reference that knows every pixel.

    `network(inplace)`: the same function, in place or not.
    """
    estimator, plain = build(network(True)), network(False)
    with torch.no_grad():
        reference = estimator.references[0](query(plain, image)).depth
    expected = added_gradients(plain, estimator.layers, image, reference)
    for name, found in estimator.estimate(image).layers.items():
        reduced = estimator.channels(expected[name])
        rows, columns = found.shape[-2:]
        torch.testing.assert_close(found, reduced[..., :rows, :columns], msg=lambda text, name=name: f"{name}: {text}")


def disagreement_scores_higher(build: BuildEstimator, network: nn.Module, image: Tensor, wrong: Tensor) -> None:
    """Higher = worse: on a network that contradicts its reference at the pixels `wrong` (B,1,H,W) only."""
    uncertainty = build(network).estimate(image).uncertainty
    assert uncertainty[wrong].min() > uncertainty[~wrong].max()


def _part(estimate: UncertaintyEstimate, i: int) -> UncertaintyEstimate:
    def cut(values: Tensor | None) -> Tensor | None:
        return None if values is None else values[i : i + 1]

    return UncertaintyEstimate(
        depth=estimate.depth[i : i + 1],
        uncertainty=estimate.uncertainty[i : i + 1],
        valid=estimate.valid[i : i + 1],
        layers={name: values[i : i + 1] for name, values in estimate.layers.items()},
        loss=cut(estimate.loss),
        aleatoric=cut(estimate.aleatoric),
        epistemic=cut(estimate.epistemic),
    )


def _assert_same(one: UncertaintyEstimate, two: UncertaintyEstimate) -> None:
    assert torch.equal(one.valid, two.valid)
    names = ("depth", "uncertainty", "loss", "aleatoric", "epistemic")
    pairs = [(getattr(one, name), getattr(two, name)) for name in names]
    for a, b in [*pairs, *((one.layers[name], two.layers[name]) for name in two.layers)]:
        assert (a is None) == (b is None)
        if a is None:
            continue
        torch.testing.assert_close(a, b, rtol=1e-5, atol=3e-5 * float(b.abs().max()))
