import pytest
import torch

from gradunc.errors import InputError
from gradunc.metrics import EvaluationProtocol, crop_mask
from gradunc.types import OutputSpace

METRIC = OutputSpace("depth", "metric")


def select(protocol, truth, prediction, valid=None, space=METRIC):
    """One row of pixels as an image."""
    as_map = [None if row is None else torch.tensor(row)[None, None] for row in (truth, prediction, valid)]
    return protocol.select(*as_map, space)


@pytest.mark.parametrize(
    ("protocol", "line"),
    [
        (EvaluationProtocol(), "alignment median, 0.001-80 m, no crop"),
        (EvaluationProtocol(crop="garg"), "alignment median, 0.001-80 m, Garg crop"),
        (EvaluationProtocol("none", max_depth=10), "alignment none, 0.001-10 m, no crop"),
        (EvaluationProtocol(limit_truth=False), "alignment median, 0.001-80 m, truth not limited, no crop"),
        (EvaluationProtocol(name="eigen", crop="garg"), "eigen: alignment median, 0.001-80 m, Garg crop"),
        (
            EvaluationProtocol("none", max_depth=10, crop="nyu_eigen", name="nyu_eigen_crop"),
            "nyu_eigen_crop: alignment none, 0.001-10 m, Eigen crop of NYU",
        ),
    ],
)
def test_describe(protocol, line):
    assert protocol.describe() == line


@pytest.mark.parametrize(
    ("name", "rows", "columns"),
    [("none", (0, 375), (0, 1242)), ("garg", (153, 371), (44, 1197)), ("eigen", (124, 342), (44, 1197))],
)
def test_crop_edges_are_truncated(name, rows, columns):
    expected = torch.zeros(375, 1242, dtype=torch.bool)
    expected[slice(*rows), slice(*columns)] = True
    assert torch.equal(crop_mask(name, 375, 1242), expected)


def test_the_eigen_crop_of_nyu_is_one_in_pixels():
    expected = torch.zeros(480, 640, dtype=torch.bool)
    expected[45:471, 41:601] = True
    assert torch.equal(crop_mask("nyu_eigen", 480, 640), expected)
    with pytest.raises(InputError, match=r"crop=nyu_eigen is about truth of 480x640 pixels, this one has 224x288"):
        crop_mask("nyu_eigen", 224, 288)


def test_only_known_truth_within_the_range_counts():
    truth = [0.0, 1e-3, 2e-3, 5.0, 79.9, 80.0, float("nan")]
    selection = select(EvaluationProtocol("none"), truth, [1.0] * 7, [True, True, True, False, True, True, True])
    assert selection.keep.tolist() == [[False, False, True, False, True, False, False]]
    assert selection.truth.tolist() == pytest.approx([2e-3, 79.9])


def test_unlimited_truth_still_limits_the_prediction():
    selection = select(EvaluationProtocol("none", limit_truth=False), [0.0, 5.0, 90.0], [5.0, 5.0, 90.0])
    assert selection.truth.tolist() == [5.0, 90.0]
    assert selection.prediction.tolist() == [5.0, 80.0]


def test_the_crop_is_applied_before_the_alignment():
    truth = torch.full((1, 100, 100), 2.0)
    prediction = torch.full((1, 100, 100), 4.0)
    prediction[:, :40] = 1.0
    selection = EvaluationProtocol(crop="garg").select(truth, prediction, None, OutputSpace())
    assert selection.keep.sum() == 59 * 93 == len(selection.truth)
    assert selection.prediction.unique().tolist() == [2.0]


def test_the_clamp_comes_after_the_scale():
    """Clamping first would make 100 of the last pixel 80, and 40 of it after the ratio of one half."""
    selection = select(EvaluationProtocol(), [2.0, 2.0, 2.0], [4.0, 4.0, 100.0], space=OutputSpace())
    assert selection.prediction.tolist() == [2.0, 2.0, 50.0]


def test_bad_predictions_become_the_smallest_depth_and_are_counted():
    prediction = [8.0, float("nan"), float("inf"), -float("inf"), -2.0, 8.0, 8.0]
    selection = select(EvaluationProtocol(), [4.0] * 7, prediction, space=OutputSpace())
    assert selection.non_finite == 3
    assert selection.prediction.tolist() == [4.0, 1e-3, 1e-3, 1e-3, 1e-3, 4.0, 4.0]


def test_nothing_but_bad_predictions():
    selection = select(EvaluationProtocol(), [4.0, 4.0], [float("nan")] * 2)
    assert selection.prediction.tolist() == [1e-3, 1e-3]


def test_disparity_at_or_beyond_infinity_is_the_largest_depth():
    space = OutputSpace("disparity", "metric")
    selection = select(EvaluationProtocol("none"), [4.0, 4.0, 4.0], [0.25, 0.0, -0.1], space=space)
    assert selection.prediction.tolist() == [4.0, 80.0, 80.0]


def test_an_image_without_a_valid_pixel_is_empty():
    selection = select(EvaluationProtocol(), [0.0, 0.0], [1.0, 1.0])
    assert len(selection.truth) == len(selection.prediction) == selection.keep.sum() == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"alignment": "medain"},
        {"crop": "grag"},
        {"min_depth": 0.0},
        {"min_depth": 5.0, "max_depth": 4.0},
        {"name": "eigne"},
        {"name": "published_png", "alignment": "least_squares"},
    ],
)
def test_wrong_protocols_are_refused(wrong):
    with pytest.raises(InputError, match=r"did you mean|need 0 <|no least squares"):
        EvaluationProtocol(**wrong)


def test_wrong_shapes_are_refused():
    with pytest.raises(InputError, match="one shape"):
        EvaluationProtocol().select(torch.ones(1, 4, 4), torch.ones(1, 2, 2), None, METRIC)
    with pytest.raises(InputError, match="unknown crop"):
        crop_mask("grag", 4, 4)


@pytest.mark.parametrize(
    ("protocol", "factor"),
    [
        (EvaluationProtocol("median"), 3.0),  # medians 6 and 2
        (EvaluationProtocol("none"), 1.0),
        (EvaluationProtocol("stereo"), 5.4),
        (EvaluationProtocol("least_squares"), None),
        (EvaluationProtocol("median", name="published_png"), None),
    ],
)
def test_the_factor_is_known_where_the_alignment_is_one(protocol, factor):
    selection = select(protocol, [3.0, 6.0, 12.0], [2.0, 2.0, 4.0], space=OutputSpace("depth", "scale"))
    assert selection.factor == factor
    if factor is not None:
        assert selection.prediction.tolist() == [2 * factor, 2 * factor, 4 * factor]


def test_without_a_finite_prediction_there_is_no_factor():
    assert select(EvaluationProtocol(), [3.0], [float("nan")]).factor is None
