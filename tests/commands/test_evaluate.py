"""`infer.py data=...`: costs, trivial scores, the truth as reference, the automatic layer."""

import json

import pytest

from gradunc.models import load_model
from gradunc.uncertainty import TRIVIAL
from gradunc.uncertainty.gradient.listing import automatic_layers
from tests.helpers import assert_one_error, write_images


def metrics(folder):
    return json.loads((folder / "metrics.json").read_text())


@pytest.mark.slow
def test_cost_and_trivial_scores(infer, synthetic, tmp_path):
    outcome = infer(*synthetic, "evaluation.trivial=true", f"output={tmp_path / 'out'}")
    assert outcome.code == 0, outcome.err
    rows = metrics(tmp_path / "out")["uncertainty"]
    assert list(rows) == ["gradient", *(f"trivial_{name}" for name in TRIVIAL)]
    assert 2.0 < rows["gradient"]["cost"] < 3.0
    assert all(rows[f"trivial_{name}"]["cost"] == 1.0 for name in TRIVIAL)
    assert "cost" in outcome.out
    assert "trivial_row" in outcome.out


def test_trivial_scores_without_an_estimator(infer, synthetic, tmp_path):
    assert infer(*synthetic, "uncertainty=none", "evaluation.trivial=true", f"output={tmp_path / 'out'}").code == 0
    rows = metrics(tmp_path / "out")["uncertainty"]
    # A constant leaves everything in until the last step: its gain is half a step of the error.
    error = metrics(tmp_path / "out")["depth"]["model"]["abs_rel"]
    assert rows["trivial_constant"]["aurg_abs_rel"] == pytest.approx(0.01 * error, rel=1e-6)


def test_the_truth_as_reference(infer, synthetic, tmp_path):
    """An oracle: the gradient knows where the error is. It needs one prediction only."""
    outcome = infer(*synthetic, "uncertainty.gradient.reference=given", f"output={tmp_path / 'out'}")
    assert outcome.code == 0, outcome.err
    row = metrics(tmp_path / "out")["uncertainty"]["gradient"]
    assert 1.0 <= row["cost"] < 2.0


def test_images_have_no_truth(infer, tmp_path):
    write_images(tmp_path / "in")
    outcome = infer(
        f"source={tmp_path / 'in'}", "uncertainty.gradient.reference=[flip,given]", f"output={tmp_path / 'out'}"
    )
    assert_one_error(outcome, "uncertainty.gradient.reference=given compares with true depth")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("source", [True, False])
def test_the_automatic_layer_is_named(infer, export, synthetic, tmp_path, source):
    write_images(tmp_path / "in")
    arguments = [f"source={tmp_path / 'in'}"] if source else synthetic
    outcome = infer(*arguments, "uncertainty.gradient.layers=auto", f"output={tmp_path / 'out'}")
    assert outcome.code == 0, outcome.err
    expected = f"uncertainty.gradient.layers=auto chose {automatic_layers(load_model(export), 'auto')[0]}"
    assert expected in (outcome.err if source else outcome.out)
