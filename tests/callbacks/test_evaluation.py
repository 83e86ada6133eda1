"""The numbers of EvaluationCallback against a computation of its own in NumPy."""

from typing import Any

import numpy as np
import pytest
import torch

from gradunc.callbacks import EvaluationCallback, UncertaintyCallback
from gradunc.losses import LossEngine
from gradunc.metrics import EvaluationProtocol
from gradunc.training import DepthTraining
from gradunc.types import Sample, UncertaintyEstimate
from tests.callbacks.helpers import Told, ToldUncertainty, mean, median_errors, run_test, sample, upsample
from tests.metrics.reference import sparsify
from tests.training.helpers import quiet_trainer, tiny_model, toy_data


def arrays(given: Sample) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth, prediction of `Told` in the truth's size, the pixels that count."""
    truth = given["depth"][0].numpy()
    disparity = 1 / (20 * given["image"].mean(0).numpy().astype(np.float64))
    scale = truth.shape[0] // disparity.shape[0]
    return truth, 1 / upsample(disparity, scale), (truth > 1e-3) & (truth < 80)


@pytest.mark.parametrize("scale", [1, 3])
def test_depth_errors_also_with_truth_of_another_resolution(scale: int) -> None:
    samples = [sample(i, scale=scale) for i in range(3)]
    callback = EvaluationCallback(EvaluationProtocol())
    logged = run_test(samples, [callback])
    expected = mean([median_errors(*arrays(given)) for given in samples])
    assert callback.errors == pytest.approx(expected, rel=1e-5)
    assert {key: logged[f"test/{key}"] for key in expected} == pytest.approx(expected, rel=1e-5)
    assert (callback.images, callback.without_truth, callback.non_finite) == (3, 0, 0)


def test_an_image_without_truth_is_left_out_and_counted() -> None:
    empty = sample(1, seen=0.0)
    samples = [sample(0), empty, sample(2), sample(3, truth=False)]
    callback = EvaluationCallback(EvaluationProtocol())
    run_test(samples, [callback])
    expected = mean([median_errors(*arrays(samples[i])) for i in (0, 2)])
    assert callback.errors == pytest.approx(expected, rel=1e-5)
    assert (callback.images, callback.without_truth) == (2, 2)


def test_predictions_that_are_no_number_are_counted_and_score_as_the_nearest_depth() -> None:
    given = sample(0)
    given["image"][:, 2, 3:7] = torch.nan
    callback = EvaluationCallback(EvaluationProtocol())
    run_test([given], [callback])
    truth, prediction, keep = arrays(given)
    assert callback.non_finite == int(keep[2, 3:7].sum()) > 0
    assert callback.errors == pytest.approx(median_errors(truth, prediction, keep), rel=1e-5)


def test_without_any_truth_nothing_is_reported_not_even_old_numbers() -> None:
    callback = EvaluationCallback(EvaluationProtocol())
    run_test([sample(0)], [callback])
    assert callback.errors
    run_test([sample(0, truth=False)], [callback])
    assert callback.errors == {}
    assert callback.images == 0


@pytest.mark.parametrize("scale", [1, 2])
def test_sparsification_of_the_pixels_whose_uncertainty_is_known(scale: int) -> None:
    samples = [sample(i, scale=scale) for i in range(2)]
    callback = EvaluationCallback(EvaluationProtocol(), ["told"])
    logged = run_test(samples, [UncertaintyCallback({"told": ToldUncertainty}), callback])
    rows = []
    for given in samples:
        truth, prediction, keep = arrays(given)
        known = given["image"][1].numpy() > 0.2
        # A pixel counts if the known ones have half of its interpolation, and is their mean.
        share = upsample(known.astype(float), scale)
        keep = keep & (share > 0.499)
        uncertainty = upsample(np.where(known, given["image"][0].numpy(), 0.0).astype(np.float64), scale)
        uncertainty /= np.maximum(share, 1e-9)
        t, p = truth[keep].astype(np.float64), prediction[keep]
        p = np.clip(p * np.median(t) / np.median(p), 1e-3, 80)
        result = sparsify(t, p, uncertainty[keep])
        rows.append({f"{area}_{name}": result[name][i] for name in result for i, area in enumerate(("ause", "aurg"))})
    expected = mean(rows)
    assert callback.uncertainty["told"] == pytest.approx(expected, rel=1e-4, abs=1e-6)
    assert logged["test/told/ause_rmse"] == pytest.approx(expected["ause_rmse"], rel=1e-4)
    assert set(callback.curves["told"]) == {"abs_rel", "rmse", "a1"}


class Ensemble(ToldUncertainty):
    """Estimates of another depth than the step predicts."""

    def estimate(self, image: torch.Tensor, **inputs: Any) -> UncertaintyEstimate:
        told = super().estimate(image, **inputs)
        return told._replace(depth=30 - told.depth, valid=torch.ones_like(told.valid))


def test_an_estimate_of_another_depth_is_ranked_by_the_errors_of_that() -> None:
    given = sample(0)
    callback = EvaluationCallback(EvaluationProtocol("none"), ["ensemble"])
    run_test([given], [UncertaintyCallback({"ensemble": Ensemble}), callback], Told("metric"))
    truth, prediction, keep = arrays(given)
    t, uncertainty = truth[keep].astype(np.float64), given["image"][0].numpy()[keep]
    expected = {
        name: sparsify(t, np.clip(depth[keep].astype(np.float64), 1e-3, 80), uncertainty)["rmse"][0]
        for name, depth in (("step", prediction), ("own", 30 - prediction))
    }
    assert callback.uncertainty["ensemble"]["ause_rmse"] == pytest.approx(expected["own"], rel=1e-4)
    assert expected["step"] != pytest.approx(expected["own"], rel=0.1)


def test_metric_alignment_leaves_the_prediction_alone() -> None:
    given = sample(4)
    callback = EvaluationCallback(EvaluationProtocol("none"))
    run_test([given], [callback], Told("metric"))
    truth, prediction, keep = arrays(given)
    expected = np.mean(np.abs(truth - prediction)[keep] / truth[keep])
    assert callback.errors["abs_rel"] == pytest.approx(expected, rel=1e-5)


def test_validation_is_logged_too_and_starts_anew() -> None:
    from gradunc.losses import LossEngine
    from gradunc.training import DepthTraining

    module, data = DepthTraining(tiny_model(), LossEngine({"l1": 1.0})), toy_data(3)
    callback = EvaluationCallback(EvaluationProtocol(), ["gradient"])
    runs = [quiet_trainer(callbacks=[callback]).validate(module, data, verbose=False)[0] for _ in range(2)]
    assert runs[0] == runs[1]
    assert {"val/abs_rel", "val/a1", "val/loss"} <= set(runs[0])
    assert callback.uncertainty == {}, "sparsification is measured in the test only"
    assert callback.images == 3


def test_validate_ranks_uncertainty_and_fit_does_not() -> None:
    module, data = DepthTraining(tiny_model(), LossEngine({"l1": 1.0})), toy_data(3)
    estimating = UncertaintyCallback({"told": ToldUncertainty})
    callback = EvaluationCallback(EvaluationProtocol(), ["told"])
    logged = quiet_trainer(callbacks=[estimating, callback]).validate(module, data, verbose=False)[0]
    assert {"val/abs_rel", "val/told/ause_rmse", "val/told/aurg_a1"} <= set(logged)
    assert set(callback.curves) == {"told"}
    trainer = quiet_trainer(callbacks=[estimating, callback], limit_train_batches=1)
    trainer.fit(module, data)
    assert "val/abs_rel" in trainer.callback_metrics
    assert callback.uncertainty == {}
