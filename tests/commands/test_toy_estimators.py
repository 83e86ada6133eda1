"""Every kind of estimator, named in a YAML file, through `infer.py`: what a new method gets for nothing."""

import json

import pytest

from gradunc.models import export_model
from gradunc.uncertainty.registry import ESTIMATORS
from tests.helpers import assert_one_error, tiny_model, write_images
from tests.uncertainty.toys import TOYS

SECTION = """
uncertainty:
  gradient: {layers: auto}
  members: {method: members, checkpoints: [OTHER]}
  dropout: {method: dropout, samples: 2}
  colours: {method: density}
  head: {method: variance}
  metres: {method: calibrated, of: gradient}
  noisy: {method: sampled, samples: 1}
"""


@pytest.fixture
def toys(monkeypatch, tmp_path):
    """A file with all of them, and a network with an uncertainty head."""
    for name, entry in TOYS.items():
        monkeypatch.setitem(ESTIMATORS, name, entry)
    other = export_model(tiny_model(seed=1), tmp_path / "other")
    model = export_model(tiny_model(uncertainty_head=True), tmp_path / "model")
    file = tmp_path / "toys.yaml"
    file.write_text("defaults: {uncertainty: none}\n" + SECTION.replace("OTHER", str(other)))
    return file, model


def train_scenes(synthetic):
    return [*synthetic, "data.synthetic.train_scenes=2", "data.synthetic.val_scenes=2"]


def test_all_kinds_in_one_evaluation(evaluate, synthetic, toys, tmp_path):
    file, model = toys
    arguments = [file, f"checkpoint={model}", *train_scenes(synthetic), f"output={tmp_path / 'out'}"]
    outcome = evaluate(*arguments)
    assert outcome.code == 0, outcome.err
    rows = json.loads((tmp_path / "out" / "metrics.json").read_text())["uncertainty"]
    names = ["gradient", "members", "dropout", "colours", "head", "metres", "noisy"]
    assert list(rows)[:7] == names
    # A factor does not change an order; a second network, a head and a density do.
    assert rows["metres"]["ause_rmse"] == pytest.approx(rows["gradient"]["ause_rmse"], abs=1e-9)
    assert len({round(rows[name]["ause_rmse"], 6) for name in names}) >= 5
    assert rows["members"]["cost"] == pytest.approx(2.0, abs=0.05)
    kept = sorted(path.name.partition("-")[0] for path in (model / "uncertainty").iterdir())
    assert kept == ["colours", "metres"]

    # A second run restores what was learned: nothing is fitted, so no training split is needed.
    again = evaluate(*arguments[:-1], f"output={tmp_path / 'again'}", "data.synthetic.train_scenes=1")
    assert again.code == 0, again.err
    assert json.loads((tmp_path / "again" / "metrics.json").read_text())["uncertainty"] == rows


def test_images_need_what_was_learned(predict, toys, tmp_path):
    file, model = toys
    write_images(tmp_path / "in")
    outcome = predict(file, f"checkpoint={model}", f"source={tmp_path / 'in'}", f"output={tmp_path / 'out'}")
    assert_one_error(
        outcome, "uncertainty.colours (method=density) learns from data", "run the verb fit with data=NAME"
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ("uncertainty.metres.of=gradiend", ["uncertainty.metres: unknown estimator 'gradiend'", "'gradient'"]),
        ("uncertainty.metres.of=metres", ["uncertainty.metres:", "in a circle: metres -> metres"]),
        ("uncertainty.head.method=varianze", ["unknown uncertainty.head.method 'varianze'", "'variance'"]),
        ("uncertainty.head.samples=3", ["unknown key 'uncertainty.head.samples'", "dropout or sampled only"]),
        ("uncertainty.members.checkpoints=[]", ["uncertainty.members: checkpoints=[]"]),
        ("uncertainty.members.checkpoints=[nowhere]", ["uncertainty.members: checkpoint 'nowhere' does not exist"]),
    ],
)
def test_mistakes_name_the_estimator_and_the_option(evaluate, synthetic, toys, tmp_path, change, parts):
    file, model = toys
    outcome = evaluate(file, f"checkpoint={model}", *train_scenes(synthetic), f"output={tmp_path / 'out'}", change)
    assert_one_error(outcome, *parts)


def test_the_scale_of_every_toy_stands_in_the_results(evaluate, synthetic, toys, tmp_path):
    file, model = toys
    assert evaluate(file, f"checkpoint={model}", *train_scenes(synthetic), f"output={tmp_path / 'out'}").code == 0
    rows = json.loads((tmp_path / "out" / "metrics.json").read_text())["uncertainty"]
    assert {name: rows[name]["scale"] for name in ("gradient", "metres", "members", "trivial_row")} == {
        "gradient": "score",
        "metres": "std [m]",
        "members": "variance [m^2]",
        "trivial_row": "score",
    }
