"""Time and memory of the first image of a test, if they are asked for."""

from typing import Any

from torch import Tensor

from gradunc.callbacks import TrivialCallback, UncertaintyCallback
from gradunc.types import UncertaintyEstimate
from gradunc.uncertainty import GradientUncertainty
from gradunc.uncertainty.measured import Measured
from tests.callbacks.helpers import Told, ToldUncertainty, run_test, sample
from tests.uncertainty.networks import Pyramid, fingerprint

CALLS_TO_MEASURE = 5 + 2
MAP = 4 * 8 * 12
"""Bytes of a float32 map of an 8x12 image."""


class Watched(ToldUncertainty):
    """Remembers the images that it has seen."""

    def __init__(self) -> None:
        super().__init__(Told())
        self.seen: list[Tensor] = []

    def estimate(self, image: Tensor, *, mask: Tensor | None = None, **inputs: Any) -> UncertaintyEstimate:
        self.seen.append(image)
        return super().estimate(image, mask=mask, **inputs)


def test_nothing_is_measured_by_default() -> None:
    uncertainty, trivial = UncertaintyCallback({"told": Watched()}), TrivialCallback()
    run_test([sample(0)], [uncertainty, trivial])
    assert uncertainty.measured == trivial.measured == {}
    assert len(uncertainty.costs) == 1


def test_the_first_image_of_the_first_batch_is_measured() -> None:
    samples, watched = [sample(i) for i in range(4)], Watched()
    callback = UncertaintyCallback(
        {"told": watched}, measured=True, inputs=lambda batch: {"image": batch["image"].repeat(2, 1, 1, 1)}
    )
    run_test(samples, [callback])

    # Batches of one sample are repeated: two images each, and twice the first batch, whose operations are counted.
    assert [len(image) for image in watched.seen] == [2, 2, *[1] * CALLS_TO_MEASURE, 2, 2, 2]
    assert all(image.equal(samples[0]["image"][None]) for image in watched.seen[2 : 2 + CALLS_TO_MEASURE])
    assert callback.measured.keys() == callback.costs.keys() == {"told"}
    assert isinstance(callback.measured["told"], Measured)


def test_gradients_with_the_truth_as_reference() -> None:
    model = Pyramid()
    before = fingerprint(model)
    references = {name: GradientUncertainty(model, ["block"], name) for name in ("flip", "given")}
    callback = UncertaintyCallback(references, measured=True)
    run_test([sample(0, scale=2)], [callback], model)
    assert callback.measured.keys() == {"flip", "given"}
    assert all(found.peak_bytes > 2 * MAP for found in callback.measured.values())
    assert fingerprint(model) == before


def test_trivial_scores_are_measured_with_their_forward_pass() -> None:
    callback = TrivialCallback(measured=True)
    run_test([sample(0), sample(1)], [callback])
    assert tuple(callback.measured) == callback.names
    assert all(found.peak_bytes >= 2 * MAP for found in callback.measured.values())  # depth and score


def test_a_second_run_measures_anew() -> None:
    callbacks = UncertaintyCallback({"told": ToldUncertainty}, measured=True), TrivialCallback(measured=True)
    run_test([sample(0)], [*callbacks])
    first = [one.measured for one in callbacks]
    run_test([sample(1)], [*callbacks])
    assert all(one.measured.keys() == old.keys() for one, old in zip(callbacks, first, strict=True))
    assert all(one.measured is not old for one, old in zip(callbacks, first, strict=True))
