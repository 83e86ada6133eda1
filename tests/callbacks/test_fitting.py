"""Estimators that learn, in trainers and modules of others."""

from collections.abc import Iterable, Mapping

import lightning as L
import pytest
import torch
from torch import Tensor, nn

from gradunc.callbacks import UncertaintyCallback
from gradunc.callbacks.fitting import Fitting, batches
from gradunc.data.loading.datamodule import DepthData
from gradunc.errors import InputError
from gradunc.training import DepthEvaluation
from gradunc.types import Sample
from gradunc.uncertainty.learned import Learned
from tests.callbacks.helpers import Told, sample
from tests.uncertainty.toys.density import Density, Settings


class Logged(Density):
    """Counts how often it has learned, and from what."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__(model, 1e-3)
        self.seen: list[int] = []

    def fit(self, batches: Iterable[Sample]) -> None:
        kept = list(batches)
        self.seen = [*self.seen, sum(len(batch["image"]) for batch in kept)]
        super().fit(kept)

    def restore(self, learned: Mapping[str, Tensor]) -> None:
        self.seen = [*self.seen, 0]
        super().restore(learned)


def data() -> DepthData:
    return DepthData(
        lambda split: [sample(i) for i in range({"train": 5, "val": 2, "test": 3}[split])], eval_batch_size=2
    )


def judge(callback: UncertaintyCallback, model: nn.Module, with_data: bool = True) -> None:
    trainer = L.Trainer(
        callbacks=[callback], accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False
    )
    module = DepthEvaluation(model)
    if with_data:
        trainer.test(module, data(), verbose=False)
    else:
        trainer.test(module, data().test_dataloader(), verbose=False)


def test_it_learns_once_from_its_split(tmp_path):
    model = Told()
    estimator = Logged(model)
    callback = UncertaintyCallback({"colours": estimator}, learned=Learned(tmp_path, {"colours": Settings()}, (4, 6)))
    judge(callback, model)
    judge(callback, model)
    assert estimator.seen == [5]

    # Another estimator of the same network finds what was learned.
    other = Logged(model)
    judge(UncertaintyCallback({"colours": other}, learned=Learned(tmp_path, {"colours": Settings()}, (4, 6))), model)
    assert other.seen == [0]
    assert torch.equal(other.state["mean"], estimator.state["mean"])


def test_it_learns_again_of_other_weights():
    model = Told()
    model.register_buffer("weight", torch.zeros(1))
    estimator = Logged(model)
    callback = UncertaintyCallback({"colours": estimator})
    judge(callback, model)
    model.weight.add_(1)
    judge(callback, model)
    assert len(estimator.seen) == 2


def test_what_was_fitted_by_hand_is_left_alone():
    model = Told()
    estimator = Logged(model)
    estimator.fit([{"image": torch.rand(2, 3, 4, 6)}])
    judge(UncertaintyCallback({"colours": estimator}), model, with_data=False)
    assert estimator.seen == [2]


def test_a_trainer_without_our_data_says_what_to_do():
    model = Told()
    with pytest.raises(InputError, match=r"estimator 'colours' learns from data .* fit\(batches\)"):
        judge(UncertaintyCallback({"colours": Logged(model)}), model, with_data=False)


def test_batches_hold_every_sample_once():
    found = list(batches(data(), "train", torch.device("cpu")))
    assert [len(batch["image"]) for batch in found] == [2, 2, 1]
    assert torch.cat([batch["index"] for batch in found]).tolist() == [0, 1, 2, 3, 4]
    assert all(batch["image"].dtype == torch.float32 for batch in found)


def test_a_wrapper_learns_again_of_other_options_of_what_it_wraps(tmp_path):
    """What a calibration has learned belongs to the score that it was learned of."""
    model = Told()
    seen = []

    class Inner(Density):
        pass

    class Outer(Logged):
        def __init__(self, inner: Density) -> None:
            super().__init__(model)
            self.wraps = (inner,)

        def fit(self, batches: Iterable[Sample]) -> None:
            seen.append("fit")
            super().fit(batches)

    for smallest in (1e-3, 1e-3, 1e-2):
        settings = {"inner": Settings(smallest=smallest), "outer": Settings()}
        inner = Inner(model, smallest)
        estimators = {"outer": Outer(inner), "inner": inner}
        judge(UncertaintyCallback(estimators, learned=Learned(tmp_path, settings, (4, 6))), model)
    assert len(seen) == 2


def test_a_wrapper_learns_again_when_what_it_wraps_does(tmp_path):
    """What the inner one had learned is lost; what the outer one keeps belongs to that."""
    model = Told()
    learned = Learned(tmp_path, {"inner": Settings(), "outer": Settings()}, (4, 6))

    class Outer(Logged):
        wraps = ()

    seen = []
    for lost in (False, False, True):
        inner, outer = Logged(model), Outer(model)
        outer.wraps = (inner,)
        if lost:
            learned.path("inner", model).unlink()
        judge(UncertaintyCallback({"outer": outer, "inner": inner}, learned=learned), model)
        seen.append((*inner.seen, *outer.seen))
    assert seen == [(5, 5), (0, 0), (5, 5)]


def test_what_wraps_an_estimator_waits_for_it():
    """Also if it learns nothing itself, as in the pictures of a validation before the first test."""
    model = Told()
    inner = Logged(model)

    class Doubled:
        wraps = (inner,)

    fitting = Fitting(None)
    fitting.estimators = {"doubled": Doubled(), "inner": inner}
    assert fitting.waiting("doubled")
    inner.fit([{"image": torch.rand(2, 3, 4, 6)}])
    assert not fitting.waiting("doubled")


def test_batches_hold_at_most_as_many_samples_as_are_wanted_evenly_spread():
    """The middles of two halves of 0 to 4."""
    found = list(batches(data(), "train", torch.device("cpu"), count=2))
    assert torch.cat([batch["index"] for batch in found]).tolist() == [1, 3]


def test_an_estimator_gets_as_many_images_as_it_wants():
    estimator = Logged(Told())
    estimator.fit_images = 3
    judge(UncertaintyCallback({"colours": estimator}), estimator.model)
    assert estimator.seen == [3]
