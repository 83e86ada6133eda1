import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gradunc.ops.alignment import ALIGNMENTS, median
from gradunc.types import OutputSpace

DEPTH, DISPARITY = OutputSpace("depth", "affine"), OutputSpace("disparity", "affine")


def pixels(n=501, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).uniform(1, 80, n))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
@settings(deadline=None)
def test_median_is_that_of_numpy(values):
    assert median(torch.tensor(values, dtype=torch.float64)).item() == pytest.approx(np.median(values))


@pytest.mark.parametrize("n", [500, 501])
def test_median_undoes_any_scale(n):
    truth = pixels(n)
    torch.testing.assert_close(ALIGNMENTS["median"](truth, truth * 0.03, DEPTH), truth)
    torch.testing.assert_close(ALIGNMENTS["median"](truth, 17 / truth, DISPARITY), truth)


def test_median_by_hand():
    """Medians of two pixels are their means: 3 of the truth, 1.5 of the prediction."""
    aligned = ALIGNMENTS["median"](torch.tensor([2.0, 4.0]), torch.tensor([2.0, 1.0]), DEPTH)
    assert aligned.tolist() == [4.0, 2.0]


@pytest.mark.parametrize("prediction", [[-1.0, -2.0, 3.0], [0.0, 0.0, 1.0]])
def test_median_without_a_ratio_leaves_the_prediction(prediction):
    aligned = ALIGNMENTS["median"](torch.tensor([1.0, 2.0, 3.0]), torch.tensor(prediction), DEPTH)
    assert aligned.tolist() == prediction


def test_median_of_mostly_infinite_depth_is_no_nan():
    aligned = ALIGNMENTS["median"](torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0.0, 0.0, 0.5]), DISPARITY)
    assert aligned.tolist() == [torch.inf, torch.inf, 2.0]


def test_least_squares_undoes_scale_and_shift_in_the_predicted_quantity():
    truth = pixels()
    torch.testing.assert_close(ALIGNMENTS["least_squares"](truth, 0.2 * truth - 7, DEPTH), truth)
    torch.testing.assert_close(ALIGNMENTS["least_squares"](truth, 300 / truth + 40, DISPARITY), truth)


@pytest.mark.parametrize("space", [DEPTH, DISPARITY])
def test_least_squares_agrees_with_numpy(space):
    truth, noise = pixels(seed=1), pixels(seed=2)
    disparity = space.quantity == "disparity"
    target = 1 / truth if disparity else truth
    prediction = target * (1 + 0.01 * noise)
    design = np.stack([prediction.numpy(), np.ones(len(truth))], axis=1)
    fitted = design @ np.linalg.lstsq(design, target.numpy(), rcond=None)[0]
    expected = 1 / fitted if disparity else fitted
    aligned = ALIGNMENTS["least_squares"](truth, prediction, space)
    np.testing.assert_allclose(aligned.numpy(), expected, rtol=1e-8)


def test_least_squares_of_a_constant_is_the_mean():
    truth = torch.tensor([1.0, 3.0])
    assert ALIGNMENTS["least_squares"](truth, torch.tensor([0.1, 0.1]), DEPTH).tolist() == [2.0, 2.0]
    assert ALIGNMENTS["least_squares"](truth[:1], torch.tensor([9.0]), DEPTH).tolist() == [1.0]


def test_none_and_stereo():
    truth = torch.tensor([1.0, 1.0])
    assert ALIGNMENTS["none"](truth, torch.tensor([2.0, 4.0]), DISPARITY).tolist() == [0.5, 0.25]
    assert ALIGNMENTS["stereo"](truth, torch.tensor([2.0, 4.0]), DEPTH).tolist() == pytest.approx([10.8, 21.6])


@pytest.mark.parametrize("name", ALIGNMENTS)
@pytest.mark.parametrize("space", [DEPTH, DISPARITY])
def test_every_alignment_gives_depth_and_keeps_its_input(name, space):
    truth = pixels(20)
    prediction = truth.clone() if space.quantity == "depth" else 1 / truth
    before = prediction.clone()
    aligned = ALIGNMENTS[name](truth, prediction, space)
    torch.testing.assert_close(aligned / aligned[0], truth / truth[0])
    assert torch.equal(prediction, before)
