"""Truth in the network's unit, by hand."""

import pytest
import torch

from gradunc.ops.alignment import Fit
from gradunc.types import OutputSpace
from gradunc.uncertainty.fitted.targets import at_pixels, said, targets

METRIC = OutputSpace("depth", "metric")


def maps(values):
    return torch.tensor(values, dtype=torch.float32)[None, None]


def test_truth_of_the_same_size_stays():
    truth = maps([[2.0, 0.0], [4.0, 5.0]])
    sample = {"image": torch.rand(1, 3, 2, 2), "depth": truth, "valid": torch.tensor([[[[True, True], [False, True]]]])}
    found, keep = targets(sample, torch.ones(1, 1, 2, 2), METRIC)
    assert found.tolist() == [[[[2.0, 1.0], [1.0, 5.0]]]]
    assert keep.tolist() == [[[[True, False], [False, True]]]]


def test_finer_truth_is_averaged_as_disparity_in_the_pixel_that_it_falls_into():
    """1/((1/2 + 1/6)/2) = 3; the second pixel has one measurement, the third none."""
    truth = torch.tensor([[[2.0, 6.0, 0.0, 5.0, 0.0, 0.0]]])
    found, keep = at_pixels(truth, truth > 0, (1, 3))
    torch.testing.assert_close(found, torch.tensor([[[3.0, 5.0, 1.0]]]))
    assert keep.tolist() == [[[True, True, False]]]


def test_every_row_and_column_of_any_size_falls_into_its_pixel():
    """Second implementation: a loop over the measurements."""
    torch.manual_seed(0)
    truth = torch.rand(1, 7, 11) + 1
    valid = torch.rand(1, 7, 11) > 0.6
    found, keep = at_pixels(truth, valid, (3, 4))
    for row in range(3):
        for column in range(4):
            inside = [
                1 / float(truth[0, y, x])
                for y in range(7)
                for x in range(11)
                if valid[0, y, x] and int((y + 0.5) * 3 / 7) == row and int((x + 0.5) * 4 / 11) == column
            ]
            assert bool(keep[0, row, column]) == bool(inside)
            if inside:
                assert float(found[0, row, column]) == pytest.approx(len(inside) / sum(inside), rel=1e-5)


def test_scale_ambiguous_networks_get_the_truth_at_the_median_of_their_own_depth():
    """Medians 4 m and disparity 1/8 (depth 8): truth 2, 4, 6 is 4, 8, 12 there, as a disparity 1/4, 1/8, 1/12."""
    sample = {"image": torch.rand(1, 3, 1, 3), "depth": maps([[2.0, 4.0, 6.0]])}
    found, keep = targets(sample, maps([[0.5, 0.125, 0.1]]), OutputSpace("disparity", "scale"))
    torch.testing.assert_close(found, maps([[1 / 4, 1 / 8, 1 / 12]]))
    assert keep.all()


def test_an_affine_network_that_is_right_up_to_factor_and_shift_has_no_error():
    truth = maps([[2.0, 4.0, 5.0, 8.0]])
    prediction = 7 / truth - 0.3
    found, keep = targets(
        {"image": torch.rand(1, 3, 1, 4), "depth": truth}, prediction, OutputSpace("disparity", "affine")
    )
    assert keep.all()
    torch.testing.assert_close(found, prediction)


@pytest.mark.parametrize("ambiguity", ["scale", "affine"])
def test_an_image_without_a_unit_is_left_out_alone(ambiguity):
    """All predictions equal fit no factor and shift; a disparity of 0 has no depth. The other image stays."""
    bad = torch.zeros(1, 1, 1, 4)
    good = maps([[0.5, 0.25, 0.2, 0.125]])
    truth = maps([[2.0, 4.0, 5.0, 8.0]])
    sample = {"image": torch.rand(2, 3, 1, 4), "depth": torch.cat([truth, truth])}
    found, keep = targets(sample, torch.cat([bad, good]), OutputSpace("disparity", ambiguity))
    assert keep.flatten(1).any(1).tolist() == [False, True]
    torch.testing.assert_close(found[1:], good)


def test_nan_and_infinite_predictions_are_unknown_and_move_nothing():
    truth = maps([[2.0, 4.0, 6.0, 9.0, 9.0]])
    sample = {"image": torch.rand(1, 3, 1, 5), "depth": truth}
    prediction = maps([[1.0, 2.0, 3.0, float("nan"), float("inf")]])
    found, keep = targets(sample, prediction, OutputSpace("depth", "scale"))
    assert keep.tolist() == [[[[True, True, True, False, False]]]]
    torch.testing.assert_close(found, maps([[1.0, 2.0, 3.0, 1.0, 1.0]]))


def test_what_a_network_says_means_the_depth_again():
    for fit in (
        Fit(OutputSpace("disparity", "scale"), factor=3.0),
        Fit(OutputSpace("depth", "affine"), slope=2.0, origin=1.0, target=4.0, shifts=True),
        Fit(OutputSpace("disparity", "affine"), slope=0.5, origin=0.1, target=0.2, shifts=True),
    ):
        depth = torch.tensor([2.0, 3.0, 10.0])
        torch.testing.assert_close(fit.depth(said(depth, fit)), depth)
