"""`infer.py evaluate`: costs, trivial scores, the truth as reference, the automatic layer."""

import json

import pytest

from gradunc.models import load_model
from gradunc.uncertainty import TRIVIAL
from gradunc.uncertainty.gradient.listing import automatic_layers
from tests.helpers import assert_one_error, files_in, write_images

pytestmark = pytest.mark.slow


def metrics(folder):
    return json.loads((folder / "metrics.json").read_text())


def test_cost_and_trivial_scores(evaluate, synthetic, tmp_path):
    outcome = evaluate(*synthetic, "evaluation.trivial=true", f"output={tmp_path / 'out'}")
    assert outcome.code == 0, outcome.err
    rows = metrics(tmp_path / "out")["uncertainty"]
    assert list(rows) == ["gradient", *(f"trivial_{name}" for name in TRIVIAL)]
    assert 1.4 < rows["gradient"]["cost"] < 2.0
    assert all(rows[f"trivial_{name}"]["cost"] == 1.0 for name in TRIVIAL)
    assert "cost" in outcome.out
    assert "trivial_row" in outcome.out


def test_trivial_scores_without_an_estimator(evaluate, synthetic, tmp_path):
    assert evaluate(*synthetic, "uncertainty=none", "evaluation.trivial=true", f"output={tmp_path / 'out'}").code == 0
    rows = metrics(tmp_path / "out")["uncertainty"]
    # A constant leaves everything in until the last step: its gain is half a step of the error.
    error = metrics(tmp_path / "out")["depth"]["model"]["abs_rel"]
    assert rows["trivial_constant"]["aurg_abs_rel"] == pytest.approx(0.01 * error, rel=1e-6)


def test_the_truth_as_reference(evaluate, synthetic, tmp_path):
    """An oracle: the gradient knows where the error is. It needs one prediction only."""
    outcome = evaluate(*synthetic, "uncertainty.gradient.reference=given", f"output={tmp_path / 'out'}")
    assert outcome.code == 0, outcome.err
    row = metrics(tmp_path / "out")["uncertainty"]["gradient"]
    assert 1.0 <= row["cost"] < 2.0


def test_images_have_no_truth(predict, tmp_path):
    write_images(tmp_path / "in")
    outcome = predict(
        f"source={tmp_path / 'in'}", "uncertainty.gradient.reference=[flip,given]", f"output={tmp_path / 'out'}"
    )
    assert_one_error(outcome, "uncertainty.gradient.reference=given compares with true depth")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("source", [True, False])
def test_the_automatic_layer_is_named(infer, export, synthetic, tmp_path, source):
    write_images(tmp_path / "in")
    arguments = ["predict", f"source={tmp_path / 'in'}"] if source else ["evaluate", *synthetic]
    chosen = "uncertainty=gradient_published", "uncertainty.gradient.layers=auto"
    outcome = infer(*arguments, *chosen, f"output={tmp_path / 'out'}")
    assert outcome.code == 0, outcome.err
    expected = f"uncertainty.gradient.layers=auto chose {automatic_layers(load_model(export), 'auto')[0]}"
    assert expected in (outcome.err if source else outcome.out)


def test_a_run_folder_is_no_output(evaluate, tmp_path):
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    outcome = evaluate("data=synthetic", f"output={tmp_path / 'run'}")
    assert_one_error(outcome, f"output='{tmp_path / 'run'}' is a run of train.py", "set output=DIR")


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["data=kity"], ["'data=kitti'"]),
        ([], ["data is missing; give data=NAME"]),
        (["source=in", "data=kitti"], ["source belongs to infer.py predict, ood"]),
        (["data=synthetic", "device=cpu"], ["device belongs to infer.py predict, fit, ood, layers"]),
        (["data=synthetic", "evaluation.pictures=x"], ["evaluation.pictures"]),
        (["data=synthetic", "trainer.max_epochs=1"], ["unknown key 'trainer.max_epochs'"]),
        (["data=synthetic", "size=640"], ["size='640'", "64x96"]),
        (["data=kitti"], ["data.root is missing"]),
        (["data=kitti", "data.root=nowhere"], ["data.root='nowhere' is no folder"]),
        (["data=kitti", "size=native"], ["size=native", "size=HxW"]),
        (["data=synthetic", "evaluation.alignment=medain"], ["evaluation.alignment=medain", "'median'"]),
        (["data=synthetic", "evaluation.crop=grag"], ["evaluation.crop=grag", "'garg'"]),
        (["data=synthetic", "logger=wandb", "logger.mode=of"], ["logger.mode"]),
        (["data=synthetic", "trainer.accelerator=cpux"], ["cpux"]),
        (["data=synthetic", "trainer.strategy=dpp"], ["dpp"]),
        (["data=synthetic", "trainer.precision=8"], ["unknown key 'trainer.precision'"]),
        (
            ["data=kitti", "data.root=in", "data.kitti.truth=none"],
            ["there is nothing to compare with: data.kitti.truth=none"],
        ),
        (["data=kitti", "data.root=inn"], ["data.root='inn' is no folder; nearest: 'in'"]),
        (["data=synthetic", "output=in/0.png"], ["cannot write to 'in/0.png': it is a file; set output=DIR"]),
        (
            ["data=synthetic", "data.cache=in/0.png"],
            ["cannot write rendered samples to 'in/0.png/", "data.cache=FOLDER"],
        ),
        (["data=synthetic", "evaluation.pictures=-1"], ["evaluation.pictures=-1 must be at least 0"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_wrong_usage_is_one_line_and_writes_nothing(evaluate, tmp_path, monkeypatch, arguments, parts):
    write_images(tmp_path / "here" / "in")
    (tmp_path / "here" / "empty").mkdir()
    if "data.cache=in/0.png" not in arguments:
        monkeypatch.setattr("gradunc.data.sets.synthetic.street.SyntheticStreet.prepare", lambda self: None)
    before = files_in(tmp_path)
    assert_one_error(evaluate(*arguments), *parts)
    assert files_in(tmp_path) == before
