"""Predictions and scores at the size of the truth, against values computed by hand."""

import pytest
import torch

from gradunc.metrics import EvaluationProtocol
from gradunc.metrics.at_truth import at_truth, resize_estimate, score_at_truth
from gradunc.metrics.published_png import disparity_round_trip, uncertainty_round_trip
from gradunc.ops.disparity import resize, resize_depth
from gradunc.types import OutputSpace, UncertaintyEstimate
from tests.training.helpers import random


class Network:
    """Resizes depth as disparity."""

    output_space = OutputSpace("depth", "scale")

    def resize_depth(self, depth: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
        return resize_depth(depth, size)


def row(*values: float) -> torch.Tensor:
    """(1,1,1,n)."""
    return torch.tensor([[[values]]])


def test_depth_is_averaged_as_the_network_says() -> None:
    depth, space = at_truth(EvaluationProtocol(), Network(), row(2, 8), torch.zeros(1, 1, 1, 4))
    # Half-pixel centres: shares 0, 1/4, 3/4, 1 of the disparities 1/2 and 1/8.
    assert depth.flatten().tolist() == pytest.approx([2, 1 / (1 / 2 - 3 / 32), 1 / (1 / 8 + 3 / 32), 8])
    assert space == Network.output_space


def test_png_files_give_disparity() -> None:
    depth, truth = 1 + 50 * random(0, 2, 1, 4, 6), 1 + 50 * random(1, 2, 1, 8, 12)
    found, space = at_truth(EvaluationProtocol(name="published_png"), Network(), depth, truth)
    assert (space.quantity, space.ambiguity) == ("disparity", "metric")
    for one, prediction, true in zip(found, depth, truth, strict=True):
        assert torch.equal(one, disparity_round_trip(1 / prediction, true, scale_by_median=True))


def test_a_score_is_known_where_half_of_what_it_is_made_of_is() -> None:
    score, valid = row(1, 3, torch.nan, 5), row(1, 1, 0, 1).bool()
    found, known = score_at_truth(EvaluationProtocol(), score, valid, torch.zeros(1, 1, 1, 8))
    assert known.flatten().tolist() == [True, True, True, True, False, False, True, True]
    assert found[known].tolist() == pytest.approx([1, 1.5, 2.5, 3, 5, 5])
    same, known = score_at_truth(EvaluationProtocol(), score, valid, torch.zeros(1, 1, 1, 4))
    assert known.flatten().tolist() == valid.flatten().tolist()
    assert same[known].tolist() == [1, 3, 5]


def test_scores_have_any_number_of_channels() -> None:
    scores, valid = random(0, 2, 5, 4, 6), torch.ones(2, 5, 4, 6, dtype=torch.bool)
    valid[0, 3, 2, 2] = False
    found, known = score_at_truth(EvaluationProtocol(), scores, valid, torch.zeros(2, 1, 8, 12))
    assert found.shape == known.shape == (2, 5, 8, 12)
    assert known.sum((2, 3)).tolist() == [[96, 96, 96, 96 - 4, 96], [96] * 5]


def test_png_files_keep_scores_in_levels() -> None:
    scores, valid = random(0, 1, 1, 4, 6), random(1, 1, 1, 4, 6) > 0.2
    found, known = score_at_truth(EvaluationProtocol(name="published_png"), scores, valid, torch.zeros(1, 1, 4, 6))
    assert torch.equal(known, valid)
    assert torch.equal(found[known], uncertainty_round_trip(scores, valid)[valid])


def test_an_estimate_at_the_size_of_an_image() -> None:
    maps = 1 + random(0, 1, 1, 4, 6)
    valid = torch.ones(1, 1, 4, 6, dtype=torch.bool)
    estimate = UncertaintyEstimate(maps, 2 * maps, valid, {}, torch.zeros(1))
    depth, uncertainty, known = resize_estimate(Network(), estimate, (9, 13))
    assert torch.equal(depth, resize_depth(maps, (9, 13)))
    assert torch.equal(uncertainty, resize(2 * maps, (9, 13)))
    assert known.all()
    assert known.shape == (1, 1, 9, 13)


def test_unknown_pixels_of_an_estimate_keep_their_place() -> None:
    depth, uncertainty = row(2, 2, torch.nan, 8), row(1, 3, 0, 5)
    estimate = UncertaintyEstimate(depth, uncertainty, row(1, 1, 0, 1).bool())
    depth, uncertainty, known = resize_estimate(Network(), estimate, (1, 8))
    nan = pytest.approx(torch.nan, nan_ok=True)
    # The unknown depth is as its neighbours, 2 and 8, of which 2 is the lower median.
    assert depth.flatten().tolist() == [2, 2, 2, 2, nan, nan, pytest.approx(1 / (3 / 32 + 1 / 8)), 8]
    assert known.flatten().tolist() == [True] * 4 + [False] * 2 + [True] * 2
