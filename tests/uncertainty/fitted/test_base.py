"""The shared ground, with the smallest method: the mean absolute error of the split is the answer everywhere."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

from gradunc.errors import InputError
from gradunc.types import OutputSpace
from gradunc.uncertainty.draws import seeded
from gradunc.uncertainty.fitted.base import Example, FittedEstimator
from gradunc.uncertainty.interface import Fitted, images_wanted
from gradunc.uncertainty.posthoc.base import Answer, Images
from tests.uncertainty.networks import Pyramid, fingerprint, noise


class MeanError(FittedEstimator):
    reads_outputs = ("block",)

    def options(self) -> dict[str, Any]:
        return {}

    def learn(self, examples: Iterator[Example]) -> Mapping[str, Tensor]:
        found = []
        for one in examples:
            assert one.images.features["block"].shape[:2] == (len(one.images.image), 6)
            found.append((self.compared(one.images.depth) - self.compared(one.truth)).abs()[one.keep])
        with seeded(self.seed, torch.device("cpu")):
            jitter = 1e-6 * torch.rand(())
        return {"mean": torch.cat(found).mean() + jitter}

    def judge(self, images: Images) -> Answer:
        return Answer(self._learned["mean"].expand_as(images.depth), torch.ones_like(images.depth, dtype=torch.bool))


def network() -> Pyramid:
    model = Pyramid()
    model.output_space = OutputSpace("depth", "metric")
    return model


def samples(model: Pyramid, error: float = 0.5) -> list[dict[str, Tensor]]:
    """Two batches on which the network is wrong by `error` metres at all pixels."""
    images = [noise(2, 8, 12, seed=seed) for seed in range(2)]
    with torch.no_grad():
        return [{"image": image, "depth": model(image).depth + error} for image in images]


def test_it_learns_in_every_mode_of_the_caller_and_the_network_stays():
    model = network().train()
    before = fingerprint(model)
    found = []
    for mode in (torch.enable_grad, torch.no_grad, torch.inference_mode):
        estimator = MeanError(model, "depth")
        batches = samples(model.eval())
        model.train()
        with mode():
            estimator.fit([{key: value.clone() for key, value in batch.items()} for batch in batches])
        found.append(float(estimator.learned()["mean"]))
        assert isinstance(estimator, Fitted)
        assert estimator.is_fitted
    assert found[0] == found[1] == found[2] == pytest.approx(0.5, abs=1e-5)
    assert fingerprint(model) == before
    assert estimator.fitted_from == "4 images of val, 384 pixels"


def test_what_was_learned_is_restored():
    model = network()
    first = MeanError(model, "depth")
    first.fit(samples(model))
    second = MeanError(model, "depth")
    second.restore(first.learned())
    image = noise(1, 8, 12)
    assert torch.equal(first.estimate(image).uncertainty, second.estimate(image).uncertainty)
    assert second.fitted_from == first.fitted_from


def test_an_estimate_before_the_fit_is_one_line():
    with pytest.raises(InputError, match=r"MeanError has not learned yet; call fit\(batches\), or run infer.py fit"):
        MeanError(network()).estimate(noise(1, 8, 12))


def test_pixels_without_a_finite_prediction_teach_nothing():
    model = network()
    batches = samples(model)

    def spoil(_module: Any, _given: Any, answer: Any) -> Any:
        depth = answer.depth.clone()
        depth[..., 0, 0], depth[..., 0, 1] = torch.nan, torch.inf
        return answer._replace(depth=depth)

    model.register_forward_hook(spoil)
    estimator = MeanError(model, "depth")
    estimator.fit(batches)
    assert float(estimator.learned()["mean"]) == pytest.approx(0.5, abs=1e-5)
    assert estimator.fitted_from.endswith("376 pixels")


def test_data_to_learn_nothing_from_are_one_line():
    model = network()
    without = [{"image": batch["image"]} for batch in samples(model)]
    nowhere = [{**batch, "valid": torch.zeros_like(batch["depth"], dtype=torch.bool)} for batch in samples(model)]
    for batches, text in (
        ([], "the val split gave no image"),
        (without, "the val split has no true depth to learn from"),
        (nowhere, "no pixel of the val split has true depth and a finite prediction"),
    ):
        estimator = MeanError(model)
        with pytest.raises(InputError, match=text):
            estimator.fit(batches)
        assert not estimator.is_fitted


def test_a_method_that_changes_the_network_is_found():
    class Bad(MeanError):
        def learn(self, examples: Iterator[Example]) -> Mapping[str, Tensor]:
            found = super().learn(examples)
            self.model.head.bias.add_(1)
            return found

    model = network()
    with pytest.raises(InputError, match="Bad has changed the weights"):
        Bad(model).fit(samples(model))


def test_options_that_do_not_exist_are_one_line():
    with pytest.raises(InputError, match="fit=test must be train or val"):
        MeanError(network(), fit="test")
    assert images_wanted(MeanError(network(), fit_images=7)) == 7
