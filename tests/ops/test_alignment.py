import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gradunc.ops.alignment import ALIGNMENTS, median
from gradunc.types import OutputSpace

DEPTH, DISPARITY = OutputSpace("depth", "affine"), OutputSpace("disparity", "affine")


def align(name, truth, prediction, space):
    return ALIGNMENTS[name](truth, prediction, space).depth(prediction)


def pixels(n=501, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).uniform(1, 80, n))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
@settings(deadline=None)
def test_median_is_that_of_numpy(values):
    assert median(torch.tensor(values, dtype=torch.float64)).item() == pytest.approx(np.median(values))


@pytest.mark.parametrize("n", [500, 501])
def test_median_undoes_any_scale(n):
    truth = pixels(n)
    torch.testing.assert_close(align("median", truth, truth * 0.03, DEPTH), truth)
    torch.testing.assert_close(align("median", truth, 17 / truth, DISPARITY), truth)


def test_median_by_hand():
    """Medians of two pixels are their means: 3 of the truth, 1.5 of the prediction."""
    aligned = align("median", torch.tensor([2.0, 4.0]), torch.tensor([2.0, 1.0]), DEPTH)
    assert aligned.tolist() == [4.0, 2.0]


@pytest.mark.parametrize("prediction", [[-1.0, -2.0, 3.0], [0.0, 0.0, 1.0]])
def test_median_without_a_ratio_leaves_the_prediction(prediction):
    aligned = align("median", torch.tensor([1.0, 2.0, 3.0]), torch.tensor(prediction), DEPTH)
    assert aligned.tolist() == prediction


def test_median_of_mostly_infinite_depth_is_no_nan():
    aligned = align("median", torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0.0, 0.0, 0.5]), DISPARITY)
    assert aligned.tolist() == [torch.inf, torch.inf, 2.0]


def test_least_squares_undoes_scale_and_shift_in_the_predicted_quantity():
    truth = pixels()
    torch.testing.assert_close(align("least_squares", truth, 0.2 * truth - 7, DEPTH), truth)
    torch.testing.assert_close(align("least_squares", truth, 300 / truth + 40, DISPARITY), truth)


@pytest.mark.parametrize("space", [DEPTH, DISPARITY])
def test_least_squares_agrees_with_numpy(space):
    truth, noise = pixels(seed=1), pixels(seed=2)
    disparity = space.quantity == "disparity"
    target = 1 / truth if disparity else truth
    prediction = target * (1 + 0.01 * noise)
    design = np.stack([prediction.numpy(), np.ones(len(truth))], axis=1)
    fitted = design @ np.linalg.lstsq(design, target.numpy(), rcond=None)[0]
    expected = 1 / fitted if disparity else fitted
    aligned = align("least_squares", truth, prediction, space)
    np.testing.assert_allclose(aligned.numpy(), expected, rtol=1e-8)


def test_least_squares_of_a_constant_is_the_mean():
    truth = torch.tensor([1.0, 3.0])
    assert align("least_squares", truth, torch.tensor([0.1, 0.1]), DEPTH).tolist() == [2.0, 2.0]
    assert align("least_squares", truth[:1], torch.tensor([9.0]), DEPTH).tolist() == [1.0]


def test_none_and_stereo():
    truth = torch.tensor([1.0, 1.0])
    assert align("none", truth, torch.tensor([2.0, 4.0]), DISPARITY).tolist() == [0.5, 0.25]
    assert align("stereo", truth, torch.tensor([2.0, 4.0]), DEPTH).tolist() == pytest.approx([10.8, 21.6])


@pytest.mark.parametrize("name", ALIGNMENTS)
@pytest.mark.parametrize("space", [DEPTH, DISPARITY])
def test_every_alignment_gives_depth_and_keeps_its_input(name, space):
    truth = pixels(20)
    prediction = truth.clone() if space.quantity == "depth" else 1 / truth
    before = prediction.clone()
    aligned = align(name, truth, prediction, space)
    torch.testing.assert_close(aligned / aligned[0], truth / truth[0])
    assert torch.equal(prediction, before)


@pytest.mark.parametrize("name", ALIGNMENTS)
@pytest.mark.parametrize("space", [DEPTH, DISPARITY])
def test_what_was_found_on_some_pixels_holds_for_all(name, space):
    """The second half of the pixels is aligned by what the first half says."""
    truth = pixels(40)
    prediction = 0.3 * truth if space.quantity == "depth" else 0.3 / truth
    fit = ALIGNMENTS[name](truth[:20], prediction[:20], space)
    aligned = fit.depth(prediction)
    torch.testing.assert_close(aligned[20:] / aligned[:1], truth[20:] / truth[:1])
    assert fit.depth(prediction.view(4, 10)).shape == (4, 10)


def test_the_factor_is_known():
    truth = torch.tensor([2.0, 4.0, 6.0])
    assert float(ALIGNMENTS["median"](truth, truth / 12.5, DEPTH).factor) == pytest.approx(12.5)
    assert float(ALIGNMENTS["stereo"](truth, truth, DEPTH).factor) == 5.4
    assert float(ALIGNMENTS["none"](truth, truth, DEPTH).factor) == 1.0
