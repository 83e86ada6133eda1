"""Time by a clock that the test sets, memory by counting tensors: 4 bytes a number."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradunc.errors import InputError
from gradunc.ops.memory import peak_bytes
from gradunc.types import Scale, UncertaintyEstimate
from gradunc.uncertainty import GradientUncertainty, measured, shared_passes
from gradunc.uncertainty.measured import Measured, measure
from gradunc.uncertainty.passes import plain
from gradunc.uncertainty.session import evaluation
from tests.uncertainty.networks import Pyramid, fingerprint, noise


class Doing:
    """Depth and score are 0; does something before, and counts its calls."""

    scale, needs_grad = Scale(), False

    def __init__(self, act: Callable[[int], object] = lambda call: None) -> None:
        self.act, self.calls = act, 0

    def estimate(self, image: Tensor, *, mask: Tensor | None = None, **inputs: Any) -> UncertaintyEstimate:
        self.act(self.calls)
        self.calls += 1
        return UncertaintyEstimate(*torch.zeros(2, len(image), 1, 1, 1), torch.ones(len(image), 1, 1, 1).bool())


def test_the_median_of_an_image_after_a_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls of 100 s (warm-up), 3, 50 and 4 s, and one of 1000 s (memory), for two images."""
    now, seconds = [0.0], [100.0, 3.0, 50.0, 4.0, 1000.0]

    def pass_by(call: int) -> None:
        now[0] += seconds[call]

    monkeypatch.setattr(measured.time, "perf_counter", lambda: now[0])
    estimator = Doing(pass_by)
    assert measure(estimator, noise(2, 4, 6), model=Pyramid(), repeats=3).milliseconds == 2000.0
    assert estimator.calls == 5


def test_the_peak_of_a_later_call() -> None:
    """The warm-up holds 1000 numbers for good, every call 100 for a moment; results are 2 numbers and a bool."""
    kept: list[Tensor] = []

    def act(call: int) -> None:
        if not kept:
            kept.append(torch.zeros(1000))
        torch.zeros(100)

    assert measure(Doing(act), noise(1, 4, 6), model=Pyramid(), repeats=1).peak_bytes == 400


def test_nothing_is_shared_between_the_calls() -> None:
    model, image, asked = Pyramid(), noise(1, 8, 12), []
    model.register_forward_hook(lambda *_: asked.append(1))

    def twice(call: int) -> None:
        with evaluation(model):
            plain(model, image)
            plain(model, image)

    with shared_passes():
        measure(Doing(twice), image, model=model, repeats=3)
    assert len(asked) == 5


def test_a_gradient_holds_more_than_a_plain_pass_and_leaves_no_trace() -> None:
    model, image = Pyramid(inplace=True).train(), noise(1, 16, 24)
    before, state = fingerprint(model), torch.random.get_rng_state()
    with torch.inference_mode():
        found = measure(GradientUncertainty(model, ["block"]), image, model=model, repeats=1)
    with evaluation(model):
        without = peak_bytes(lambda: plain(model, image), image.device)

    assert isinstance(found, Measured)
    assert found.peak_bytes > without > 0
    assert fingerprint(model) == before
    assert torch.equal(torch.random.get_rng_state(), state)


def test_what_an_estimator_draws_leaves_the_generator_alone() -> None:
    state = torch.random.get_rng_state()
    measure(Doing(lambda call: torch.rand(3)), noise(1, 4, 6), model=nn.Identity(), repeats=1)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_further_inputs_reach_the_estimate() -> None:
    estimator = GradientUncertainty(Pyramid(), ["block"], reference="given")
    with pytest.raises(InputError, match="reference"):
        measure(estimator, noise(1, 8, 12), model=estimator.model)
    measure(estimator, noise(1, 8, 12), model=estimator.model, repeats=1, reference=torch.ones(1, 1, 8, 12))


def test_no_repeats_are_refused() -> None:
    with pytest.raises(InputError, match="repeats=0 must be at least 1"):
        measure(Doing(), noise(1, 4, 6), model=Pyramid(), repeats=0)
