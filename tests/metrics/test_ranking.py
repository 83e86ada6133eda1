"""Several uncertainties of one image give what each gives alone."""

from typing import Any

import pytest
import torch

from gradunc.errors import InputError
from gradunc.metrics import (
    BinnedErrors,
    Calibration,
    DepthErrors,
    EvaluationProtocol,
    PixelErrors,
    RankCorrelation,
    RankedBatch,
    RankedImage,
    Selection,
    Sparsification,
    sparsification,
)
from gradunc.metrics.binned import rank_bins
from gradunc.metrics.functional import pixel_errors
from gradunc.ops.disparity import resize, resize_depth
from gradunc.types import OutputSpace, Scale, UncertaintyEstimate
from tests.metrics.test_at_truth import Network
from tests.training.helpers import random


def test_shared_errors_give_the_same_results() -> None:
    truth, prediction = 1 + random(0, 200), 1 + random(1, 200)
    errors = PixelErrors(truth, prediction, intervals=10)
    for seed in (2, 3):
        uncertainty = random(seed, 200)
        alone = sparsification(truth, prediction, uncertainty, intervals=10)
        for name, result in errors.rank(uncertainty).items():
            for value, expected in zip(result, alone[name], strict=True):
                assert torch.equal(value, expected)


@pytest.mark.parametrize("uncertainty", [torch.rand(5), torch.rand(4, 1), torch.full((4,), torch.nan)])
def test_uncertainties_that_do_not_fit_are_refused(uncertainty: torch.Tensor) -> None:
    with pytest.raises(InputError):
        PixelErrors(torch.ones(4), torch.ones(4)).rank(uncertainty)


def test_an_image_is_aligned_anew_where_uncertainties_are_known_elsewhere() -> None:
    protocol, space = EvaluationProtocol("median"), OutputSpace()
    truth, prediction = 1 + 50 * random(0, 1, 8, 9), 1 + 50 * random(1, 1, 8, 9)
    valid = random(2, 1, 8, 9) > 0.2
    image = RankedImage(protocol, truth, prediction, valid, space)
    everywhere, half = torch.ones(8, 9, dtype=torch.bool), torch.ones(8, 9, dtype=torch.bool)
    half[:4] = False
    for seed, known in enumerate((everywhere, half, everywhere, torch.zeros_like(half), half)):
        uncertainty = random(10 + seed, 8, 9)
        shared, alone = Sparsification(), Sparsification()
        image.add(shared, uncertainty, known)
        selection = protocol.select(truth, prediction, valid & known, space)
        alone.update(selection.truth, selection.prediction, uncertainty[selection.keep])
        assert torch.equal(shared.per_image().values, alone.per_image().values)
        assert torch.equal(shared.curve_totals, alone.curve_totals)
        assert (int(shared.images), int(shared.skipped)) == (int(alone.images), int(alone.skipped))


def test_one_image_takes_metrics_of_any_number_of_steps() -> None:
    protocol, everywhere = EvaluationProtocol(), torch.ones(8, 9, dtype=torch.bool)
    truth, prediction, uncertainty = 1 + random(0, 1, 8, 9), 1 + random(1, 1, 8, 9), random(2, 8, 9)
    image = RankedImage(protocol, truth, prediction, everywhere[None], OutputSpace())
    selection = protocol.select(truth, prediction, None, OutputSpace())
    for intervals in (10, 50, 10):
        metric = Sparsification(intervals)
        image.add(metric, uncertainty, everywhere)
        alone = sparsification(selection.truth, selection.prediction, uncertainty[selection.keep], intervals)
        assert float(metric.compute()["ause_rmse"]) == float(alone["rmse"].ause)


def test_errors_of_pixels_are_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    protocol, everywhere = EvaluationProtocol(), torch.ones(8, 9, dtype=torch.bool)
    truth, prediction = 1 + random(0, 1, 8, 9), 1 + random(1, 1, 8, 9)
    selection = protocol.select(truth, prediction, None, OutputSpace())
    image = RankedImage(protocol, truth, prediction, everywhere[None], OutputSpace())
    calls: list[int] = []

    def counted(*pixels: torch.Tensor) -> torch.Tensor:
        calls.append(1)
        return pixel_errors(*pixels)

    for module in ("functional", "binned"):
        monkeypatch.setattr(f"gradunc.metrics.{module}.pixel_errors", counted)
    found = []
    for seed in range(3):
        bins = BinnedErrors(10)
        image.add(Sparsification(), random(10 + seed, 8, 9), everywhere, bins)
        found.append(bins.errors())
    assert len(calls) == 1
    for seed, errors in enumerate(found):
        alone = BinnedErrors(10)
        alone.update(selection.truth, selection.prediction, rank_bins(random(10 + seed, 8, 9)[selection.keep]))
        for values, expected in zip(errors, alone.errors(), strict=True):
            assert torch.equal(values, expected)


class Counting(EvaluationProtocol):
    """Counts the images for which pixels are selected."""

    selected = 0

    def select(self, *maps: Any) -> Selection:
        Counting.selected += 1
        return super().select(*maps)


def batch() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Truth, validity and prediction of three images."""
    truth = 1 + 50 * random(0, 3, 1, 8, 9)
    return truth, random(1, 3, 1, 8, 9) > 0.3, 1 + 50 * random(2, 3, 1, 4, 5)


def estimate(depth: torch.Tensor, seed: int) -> UncertaintyEstimate:
    """A score that is known everywhere."""
    score = random(seed, *depth.shape)
    return UncertaintyEstimate(depth, score, torch.ones_like(score, dtype=torch.bool), {}, torch.zeros(len(depth)))


def test_pixels_are_selected_once_for_an_image_and_not_for_every_estimator() -> None:
    truth, valid, depth = batch()
    Counting.selected = 0
    ranked = RankedBatch(Counting(), Network(), list(zip(truth, valid, strict=True)))
    errors, metrics = DepthErrors(), [Sparsification() for _ in range(4)]
    assert sum(image.add_depth(errors).non_finite for image in ranked.images(depth)) == 0
    for seed, metric in enumerate(metrics):
        ranked.add(metric, estimate(depth.clone(), seed))
    assert Counting.selected == 3
    assert [int(metric.images) for metric in (errors, *metrics)] == [3] * 5
    assert len({float(metric.compute()["ause_rmse"]) for metric in metrics}) == 4


def test_an_estimate_is_ranked_by_the_errors_of_its_own_depth() -> None:
    """That of an ensemble is the mean of its members, and not what the step has predicted."""
    truth, valid, depth = batch()
    other = 1 + 50 * random(3, 3, 1, 4, 5)
    ranked = RankedBatch(EvaluationProtocol(), Network(), list(zip(truth, valid, strict=True)))
    for given in (depth, other, depth):
        shared, alone = Sparsification(), Sparsification()
        ranked.add(shared, estimate(given, 7))
        maps, scores = resize_depth(given, (8, 9)), resize(estimate(given, 7).uncertainty, (8, 9))
        for one_truth, one_map, one_valid, score in zip(truth, maps, valid, scores, strict=True):
            selection = EvaluationProtocol().select(one_truth, one_map, one_valid, Network.output_space)
            alone.update(selection.truth, selection.prediction, score[0][selection.keep])
        assert torch.equal(shared.per_image().values, alone.per_image().values)
        assert torch.equal(shared.curve_totals, alone.curve_totals)
    assert ranked.images(depth) is not ranked.images(other)


def test_all_metrics_share_the_selection_and_measure_what_each_does_alone() -> None:
    truth, valid, depth = batch()
    Counting.selected, scale = 0, Scale("std", "1/m", "disparity")
    ranked = RankedBatch(Counting(), Network(), list(zip(truth, valid, strict=True)))
    areas, correlation, calibration = Sparsification(10), RankCorrelation(), Calibration()
    ranked.add(areas, estimate(depth, 7))
    ranked.add_correlation(correlation, estimate(depth, 7))
    ranked.add_calibration(calibration, estimate(depth, 7), scale)
    assert Counting.selected == 3
    alone = Sparsification(10), RankCorrelation(), Calibration()
    maps, scores = resize_depth(depth, (8, 9)), resize(estimate(depth, 7).uncertainty, (8, 9))
    for one_truth, one_map, one_valid, score in zip(truth, maps, valid, scores, strict=True):
        chosen = EvaluationProtocol().select(one_truth, one_map, one_valid, Network.output_space)
        pixels = chosen.truth, chosen.prediction, score[0][chosen.keep]
        alone[0].update(*pixels)
        alone[1].update(*pixels)
        alone[2].update(*pixels, scale, chosen.factor)
    for shared, own in zip((areas, correlation, calibration), alone, strict=True):
        assert torch.equal(shared.per_image().values, own.per_image().values)
        assert int(shared.images) == 3


@pytest.mark.parametrize("protocol", [EvaluationProtocol("least_squares"), EvaluationProtocol(name="published_png")])
def test_without_a_factor_there_is_no_calibration(protocol: EvaluationProtocol) -> None:
    truth, valid, depth = batch()
    ranked, metric = RankedBatch(protocol, Network(), list(zip(truth, valid, strict=True))), Calibration()
    ranked.add_calibration(metric, estimate(depth, 7), Scale("std", "m", "depth"))
    assert (int(metric.images), int(metric.skipped)) == (0, 3)
