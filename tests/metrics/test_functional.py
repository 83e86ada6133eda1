import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gradunc.errors import InputError
from gradunc.metrics import depth_errors, sparsification
from gradunc.metrics.functional import _thresholds
from tests.golden.inputs import sparsification_case
from tests.metrics.reference import sparsify

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "sparsification.json").read_text())
KINDS = ["noisy", "ties", "constant", "adverse", "quantised16"]


def case(seed, n, kind):
    return tuple(torch.from_numpy(array) for array in sparsification_case(seed, n, kind))


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: f"{golden['kind']}{golden['n']}")
def test_agrees_with_the_published_program(golden):
    truth, prediction, uncertainty = case(golden["seed"], golden["n"], golden["kind"])
    errors = depth_errors(truth, prediction)
    # The published program has seven of them.
    assert {name: errors[name].item() for name in golden["metrics"]} == pytest.approx(golden["metrics"], rel=1e-9)
    results = sparsification(truth, prediction, uncertainty)
    assert {k: r.ause.item() for k, r in results.items()} == pytest.approx(golden["ause"], rel=1e-9)
    assert {k: r.aurg.item() for k, r in results.items()} == pytest.approx(golden["aurg"], rel=1e-9)
    assert results["abs_rel"].curve.tolist() == pytest.approx(golden["curve_abs_rel"], rel=1e-9)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [1, 2, 3, 49, 50, 51, 101, 1000])
@pytest.mark.parametrize("intervals", [1, 7, 50])
def test_agrees_with_the_literal_definition(kind, n, intervals):
    arrays = sparsification_case(n, n, kind)
    ours = sparsification(*(torch.from_numpy(array) for array in arrays), intervals=intervals)
    for name, expected in sparsify(*arrays, intervals=intervals).items():
        for value, wanted in zip(ours[name], expected, strict=True):
            np.testing.assert_allclose(value.numpy(), wanted, rtol=1e-9, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 120))
def test_ties_and_scales_agree_with_the_literal_definition(data, n):
    """Few distinct values of wildly different size: thresholds fall on ties, between them and beside them."""
    levels = data.draw(st.lists(st.floats(-1e9, 1e9, width=32), min_size=1, max_size=6))
    uncertainty = np.array(data.draw(st.lists(st.sampled_from(levels), min_size=n, max_size=n)))
    truth, prediction, _ = sparsification_case(n, n, "constant")
    ours = sparsification(*(torch.from_numpy(array) for array in (truth, prediction, uncertainty)))
    for name, expected in sparsify(truth, prediction, uncertainty).items():
        np.testing.assert_allclose(ours[name].curve.numpy(), expected[2], rtol=1e-9, atol=1e-12)


def test_depth_errors_by_hand():
    errors = depth_errors(torch.tensor([1.0, 10.0, 2.0, 4.0]), torch.tensor([2.0, 10.0, 2.0, 3.0]))
    expected = {
        "abs_rel": (1 + 0.25) / 4,
        "sq_rel": (1 + 0.25) / 4,
        "rmse": np.sqrt(2 / 4),
        "rmse_log": np.sqrt((np.log(2) ** 2 + np.log(4 / 3) ** 2) / 4),
        "a1": 2 / 4,
        "a2": 3 / 4,
        "a3": 3 / 4,
        "log10": (np.log10(2) + np.log10(4 / 3)) / 4,
        "silog": 100 * np.std([np.log(2), 0, 0, np.log(3 / 4)]),
    }
    assert list(errors) == list(expected)
    assert {name: value.item() for name, value in errors.items()} == pytest.approx(expected, rel=1e-12)


def test_sparsification_by_hand():
    """Two pixels of error 0 and 1, ranked rightly: half of the steps see both, the rest the good one."""
    result = sparsification(torch.tensor([1.0, 1.0]), torch.tensor([1.0, 2.0]), torch.tensor([0.0, 1.0]), 2)
    abs_rel = result["abs_rel"]
    assert abs_rel.curve.tolist() == [0.5, 0.0, 0.0]
    assert abs_rel.ause.item() == 0
    assert abs_rel.aurg.item() == pytest.approx(0.5 - 0.125)


def test_equal_uncertainty_never_splits():
    truth, prediction = torch.tensor([1.0, 1.0]), torch.tensor([1.0, 3.0])
    curve = sparsification(truth, prediction, torch.tensor([0.7, 0.7]))["abs_rel"].curve
    assert curve.tolist() == [1.0] * 50 + [0.0]


def test_constant_uncertainty_gains_one_percent_of_the_error():
    truth, prediction, uncertainty = case(5, 999, "constant")
    for result in sparsification(truth, prediction, uncertainty).values():
        assert result.aurg.item() == pytest.approx(0.01 * result.curve[0].item(), rel=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_identities(kind):
    truth, prediction, uncertainty = case(11, 3001, kind)
    ratio = torch.maximum(truth / prediction, prediction / truth)
    worst = {
        "abs_rel": (truth - prediction).abs() / truth,
        "rmse": (truth - prediction).square(),
        "a1": ratio,
    }
    for name, result in sparsification(truth, prediction, uncertainty).items():
        assert result.ause >= -1e-12
        best = torch.trapezoid(result.oracle, dx=0.02)
        assert (result.ause + result.aurg).item() == pytest.approx((result.curve[0] - best).item(), rel=1e-12)
        assert sparsification(truth, prediction, worst[name])[name].ause.item() == 0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 400))
def test_only_the_order_counts(seed, n):
    truth, prediction, uncertainty = case(seed, n, "ties")
    original = sparsification(truth, prediction, uncertainty)
    for name, result in sparsification(truth, prediction, uncertainty.exp()).items():
        torch.testing.assert_close(result.curve, original[name].curve, rtol=1e-12, atol=1e-14)


def test_the_wrong_sign_is_worse_than_random():
    truth, prediction, uncertainty = case(3, 2000, "noisy")
    for name, result in sparsification(truth, prediction, -uncertainty).items():
        assert result.aurg < 0 < sparsification(truth, prediction, uncertainty)[name].aurg


def test_the_order_of_the_pixels_does_not_count():
    truth, prediction, uncertainty = case(8, 700, "ties")
    shuffle = torch.randperm(700, generator=torch.Generator().manual_seed(0))
    original = sparsification(truth, prediction, uncertainty)["rmse"]
    shuffled = sparsification(truth[shuffle], prediction[shuffle], uncertainty[shuffle])["rmse"]
    torch.testing.assert_close(shuffled, original, rtol=1e-12, atol=1e-14)


def test_float32_is_computed_in_float64():
    truth, prediction, uncertainty = (tensor.float() for tensor in case(2, 5000, "noisy"))
    single = sparsification(truth, prediction, uncertainty)["rmse"]
    double = sparsification(truth.double(), prediction.double(), uncertainty.double())["rmse"]
    assert single.curve.dtype == torch.float64
    assert torch.equal(single.curve, double.curve)
    assert depth_errors(truth, prediction)["rmse"].dtype == torch.float64


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_cuda_agrees_in_deterministic_mode():
    arrays = case(2, 5000, "noisy")
    expected = sparsification(*arrays)["rmse"]
    torch.use_deterministic_algorithms(True)
    try:
        ours = sparsification(*(array.cuda() for array in arrays))["rmse"]
    finally:
        torch.use_deterministic_algorithms(False)
    for value, wanted in zip(ours, expected, strict=True):
        torch.testing.assert_close(value.cpu(), wanted, rtol=1e-12, atol=1e-14)


def test_a_large_map_is_no_problem():
    """Beyond the 16 million values at which torch.quantile gives up."""
    certainty = torch.linspace(0, 1, 16_800_000, dtype=torch.float64)
    assert _thresholds(certainty, 4).tolist() == pytest.approx([0, 0.25, 0.5, 0.75], abs=1e-12)


@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_an_uncertainty_that_is_not_finite_is_refused(bad):
    ones = torch.ones(3)
    with pytest.raises(InputError, match="valid"):
        sparsification(ones, ones, torch.tensor([0.0, bad, 1.0]))


@pytest.mark.parametrize("shapes", [((0,), (0,)), ((2,), (3,)), ((2, 2), (2, 2))])
def test_wrong_shapes_are_refused(shapes):
    with pytest.raises(InputError, match="1-D"):
        depth_errors(*(torch.ones(shape) for shape in shapes))


def test_a_ratio_of_exactly_1_25_is_an_outlier():
    truth, prediction = torch.tensor([4.0, 5.0]), torch.tensor([5.0, 4.0])
    assert depth_errors(truth, prediction)["a1"] == 0
    assert sparsification(truth, prediction, torch.tensor([0.0, 1.0]))["a1"].curve[0] == 1
