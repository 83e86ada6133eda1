"""Scores of the uncertainty in the validations of a training."""

from typing import Any

import lightning as L
import pytest
import torch

from gradunc.callbacks import EvaluationCallback, UncertaintyCallback, ValidationScores
from gradunc.losses import LossEngine
from gradunc.metrics import EvaluationProtocol
from gradunc.training import DepthTraining
from gradunc.uncertainty import GradientUncertainty
from tests.training.helpers import quiet_trainer, tiny_model, toy_data

PROTOCOL = EvaluationProtocol()


def gradient(model: Any) -> GradientUncertainty:
    return GradientUncertainty(model)


class Kept(L.Callback):
    """The figures of every validation."""

    def __init__(self) -> None:
        self.found: list[dict[str, float]] = []

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        metrics = trainer.callback_metrics
        self.found.append({name: float(value) for name, value in metrics.items() if name.startswith("val/gradient")})


def fit(count: int, data: Any, **options: Any) -> tuple[list[dict[str, float]], DepthTraining]:
    module, kept = DepthTraining(tiny_model(), LossEngine({"l1": 1.0})), Kept()
    uncertainty = UncertaintyCallback({"gradient": gradient})
    scores = [ValidationScores(PROTOCOL, uncertainty, count)] if count else []
    quiet_trainer(callbacks=[uncertainty, *scores, kept], max_epochs=2, **options).fit(module, data)
    return kept.found, module


def evaluated(module: DepthTraining, count: int) -> dict[str, float]:
    """The same network through `Trainer.validate`, where every image is estimated."""
    uncertainty, evaluation = UncertaintyCallback({"gradient": gradient}), EvaluationCallback(PROTOCOL, ["gradient"])
    quiet_trainer(callbacks=[uncertainty, evaluation]).validate(module, toy_data(count), verbose=False)
    return {f"val/gradient/{name}": value for name, value in evaluation.uncertainty["gradient"].items()}


def test_all_images_are_what_an_evaluation_of_them_measures():
    (_, last), module = fit(99, toy_data(5))
    assert last == pytest.approx(evaluated(module, 5), rel=1e-5)
    assert len(last) == 6


def test_the_chosen_images_do_not_depend_on_the_batches():
    two, _ = fit(2, toy_data(5), limit_train_batches=1)
    one, _ = fit(2, toy_data(5, eval_batch_size=3), limit_train_batches=1)
    every, _ = fit(5, toy_data(5), limit_train_batches=1)
    assert two[0] == pytest.approx(one[0], rel=1e-4)
    assert two[0] != pytest.approx(every[0], rel=1e-4)


def test_the_training_is_the_same():
    """Estimates change neither weights nor what is drawn at random."""
    _, scored = fit(3, toy_data(5))
    _, plain = fit(0, toy_data(5))
    for name, value in plain.state_dict().items():
        assert torch.equal(scored.state_dict()[name], value), name


def test_without_truth_nothing_is_logged():
    data = toy_data(4)
    for sample in data.split("val").samples:
        sample.pop("depth")
        sample.pop("valid")
    module, kept = DepthTraining(tiny_model(), LossEngine({"l1": 1.0})), Kept()
    uncertainty = UncertaintyCallback({"gradient": gradient})
    module.validation_step = lambda batch, batch_idx: {"prediction": module.depth_model(batch["image"])}
    module.training_step = lambda batch, batch_idx: module.depth_model(batch["image"]).depth.mean()
    callbacks = [uncertainty, ValidationScores(PROTOCOL, uncertainty, 3), kept]
    quiet_trainer(callbacks=callbacks).fit(module, data)
    assert kept.found == [{}]


def test_images_are_chosen_among_those_that_a_cut_validation_sees():
    """One batch of two, of five images: both are scored, as an evaluation of a set of these two does."""
    (_, last), module = fit(2, toy_data(5, eval_batch_size=2), limit_val_batches=1)
    assert last == pytest.approx(evaluated(module, 2), rel=1e-5)
