"""Correlation and calibration of a pass, against NumPy."""

import numpy as np
import pytest

from gradunc.callbacks import AgreementCallback, EvaluationCallback, TrivialCallback, UncertaintyCallback
from gradunc.metrics import EvaluationProtocol
from gradunc.types import Scale
from tests.callbacks.helpers import ToldUncertainty, run_test, sample
from tests.callbacks.test_evaluation import arrays


class InMetres(ToldUncertainty):
    """The same numbers as a standard deviation of depth, in the network's unit."""

    scale = Scale("std", "arbitrary (up to scale)", "depth")


def compared(given) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Truth and aligned prediction [m], uncertainty, and metres of a unit."""
    truth, prediction, keep = arrays(given)
    keep = keep & (given["image"][1].numpy() > 0.2)
    t, p = truth[keep].astype(np.float64), prediction[keep].astype(np.float64)
    factor = float(np.median(t) / np.median(p))
    return t, np.clip(p * factor, 1e-3, 80), given["image"][0].numpy()[keep].astype(np.float64), factor


def ranks(values: np.ndarray) -> np.ndarray:
    return np.argsort(np.argsort(values))


def passed(samples):
    uncertainty, trivial = UncertaintyCallback({"score": ToldUncertainty, "metres": InMetres}), TrivialCallback()
    evaluation = EvaluationCallback(EvaluationProtocol(), (*uncertainty.names, *trivial.names))
    agreement = AgreementCallback(evaluation, lambda: {**uncertainty.scales, **trivial.scales})
    run_test(samples, [uncertainty, trivial, evaluation, agreement])
    return agreement


def test_against_numpy():
    samples = [sample(number) for number in range(3)]
    found = passed([*samples, sample(3, truth=False)]).found
    correlation, nll, inside = [], [], []
    for given in samples:
        truth, prediction, uncertainty, factor = compared(given)
        correlation.append(np.corrcoef(ranks(np.abs(prediction - truth)), ranks(uncertainty))[0, 1])
        sigma = np.maximum(uncertainty * factor, 1e-3 * truth)
        nll.append(np.mean(0.5 * np.log(2 * np.pi * sigma**2) + (prediction - truth) ** 2 / (2 * sigma**2)))
        inside.append(np.mean(np.abs(prediction - truth) <= 1.959964 * sigma))
    assert found["score"]["spearman_rmse"] == pytest.approx(np.mean(correlation), rel=1e-4)
    assert found["metres"]["spearman_rmse"] == found["score"]["spearman_rmse"]
    assert found["metres"]["nll"] == pytest.approx(np.mean(nll), rel=1e-4)
    assert found["metres"]["coverage_95"] == pytest.approx(np.mean(inside), abs=1e-6)


def test_a_score_has_no_calibration_and_a_constant_no_correlation():
    agreement = passed([sample(0)])
    assert agreement.found["score"].keys() == {"spearman_abs_rel", "spearman_rmse"}
    assert agreement.found["trivial_constant"] == {}
    assert agreement.found["trivial_random"].keys() == {"spearman_abs_rel", "spearman_rmse"}


def test_a_second_test_begins_anew():
    uncertainty = UncertaintyCallback({"score": ToldUncertainty, "metres": InMetres})
    evaluation = EvaluationCallback(EvaluationProtocol(), uncertainty.names)
    agreement = AgreementCallback(evaluation, lambda: uncertainty.scales)
    for samples in ([sample(0), sample(1)], [sample(1)]):
        run_test(samples, [uncertainty, evaluation, agreement])
    assert len(agreement.per_image["score"][0].numbers) == len(agreement.per_image["metres"][1].numbers) == 1
    assert agreement.found["metres"] == passed([sample(1)]).found["metres"]
