"""`infer.py benchmark`."""

import csv
import json

import pytest

from gradunc.commands.infer import main
from gradunc.models import export_model
from gradunc.uncertainty import TRIVIAL
from tests.helpers import assert_one_error, files_in, tiny_model

pytestmark = pytest.mark.slow

FILES = {
    *("benchmark.csv", "benchmark.json", "benchmark.md", "benchmark.png", "benchmark.tex", "benchmark_cost.csv"),
    *("benchmark_cost.tex", "benchmark_per_image.csv", "metrics.csv"),
    *("benchmark_units.csv", "benchmark_units.tex"),
}
GRADIENTS = {"gradient", "gradient_fast", "gradient_absolute", "gradient_published"}
METHODS = GRADIENTS | {
    *("flip_difference", "flip_difference_depth", "flip_difference_log"),
    "flip_blended",
    "augmentation_spread",
    "inference_dropout",
    "feature_noise",
    *("augmentation_spread_log", "inference_dropout_log", "feature_noise_log"),
}
FEW = ("uncertainty=[gradient,flip_difference]",)


def rows_of(path):
    with path.open() as file:
        return {tuple(row[key] for key in ("network", "name") if key in row): row for row in csv.DictReader(file)}


def test_every_method_in_one_pass(infer, synthetic, tmp_path):
    outcome = infer("benchmark", *synthetic, f"output={tmp_path / 'out'}")
    assert outcome.code == 0, outcome.err
    rows = rows_of(tmp_path / "out/benchmark.csv")
    assert {name for (name,) in rows} == METHODS | {f"trivial_{name}" for name in TRIVIAL}
    assert files_in(tmp_path / "out") >= FILES
    assert float(rows["flip_difference",]["cost"]) == pytest.approx(2, rel=1e-3)
    assert rows["inference_dropout",]["needs"] == "samples"
    assert rows["gradient",]["needs"] == rows["trivial_row",]["needs"] == "nothing"
    assert float(rows["gradient",]["milliseconds"]) > 0
    assert float(rows["gradient",]["peak_memory"]) > 0
    assert str(tmp_path / "out/benchmark.tex") in outcome.out
    assert rows["gradient",]["nll"] == rows["trivial_row",]["coverage_95"] == ""
    for name in METHODS - GRADIENTS:
        assert -1 <= float(rows[name,]["spearman_rmse"]) <= 1
        assert 0 <= float(rows[name,]["coverage_95"]) <= 1
        assert rows[name,]["scale"].startswith("std [")


def test_the_figures_are_those_of_an_evaluation(infer, synthetic, tmp_path):
    assert infer("benchmark", *synthetic, *FEW, f"output={tmp_path / 'one'}").code == 0
    assert infer("evaluate", *synthetic, *FEW, f"output={tmp_path / 'other'}").code == 0
    expected = json.loads((tmp_path / "other/metrics.json").read_text())
    found = json.loads((tmp_path / "one/benchmark.json").read_text())
    assert found["benchmark"].keys() == expected["uncertainty"].keys()
    for name, row in expected["uncertainty"].items():
        assert found["benchmark"][name]["scale"] == row.pop("scale")
        assert {key: found["benchmark"][name][key] for key in row} == pytest.approx(row, rel=1e-9)
    best = min(row["ause_rmse"] for row in expected["uncertainty"].values())
    for name, row in expected["uncertainty"].items():
        assert found["benchmark"][name]["behind_rmse"] == pytest.approx(row["ause_rmse"] - best, abs=1e-9)


def test_several_networks(call, synthetic, tmp_path):
    first, second = (export_model(tiny_model(), tmp_path / name) for name in ("first", "second"))
    arguments = (*synthetic, *FEW, "trainer=cpu", "trainer.progress=false", f"output={tmp_path / 'out'}")
    outcome = call(main, "benchmark", f"checkpoints=[{first},{second}]", *arguments)
    assert outcome.code == 0, outcome.err
    rows = rows_of(tmp_path / "out/benchmark.csv")
    assert {network for network, _ in rows} == {"first", "second"}
    assert rows["first", "gradient"]["ause_abs_rel"] == rows["second", "gradient"]["ause_abs_rel"]
    assert (tmp_path / "out/second/benchmark.json").is_file()
    assert (tmp_path / "out/benchmark.png").is_file()


def test_a_method_that_the_network_does_not_allow_is_left_out_with_the_reason(infer, synthetic, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("good: {}\nodd: {layers: [decoder.blocks.6.norm]}\n")
    outcome = infer("benchmark", *synthetic, f"uncertainty={file}", f"output={tmp_path / 'out'}")
    assert outcome.code == 0, outcome.err
    assert "uncertainty.odd left out: the model has no layer 'decoder.blocks.6.norm'" in outcome.out
    assert ("odd",) not in rows_of(tmp_path / "out/benchmark.csv")


def test_what_a_later_network_does_not_allow_is_told_before_the_first_has_run(call, synthetic, tmp_path):
    first, second = (export_model(tiny_model(), tmp_path / name) for name in ("first", "second"))
    (tmp_path / "out/second/checkpoints").mkdir(parents=True)
    arguments = (*synthetic, *FEW, "trainer=cpu", "trainer.progress=false", f"output={tmp_path / 'out'}")
    outcome = call(main, "benchmark", f"checkpoints=[{first},{second}]", *arguments)
    assert_one_error(outcome, "second' is a run of train.py")
    assert not (tmp_path / "out/first").exists()


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (
            ["uncertainty=none", "uncertainty.odd={layers: [nothing]}"],
            ["no estimator can judge this network", "'nothing'"],
        ),
        (["uncertainty=none"], ["no estimator can judge this network", "names none"]),
        (["data.name=null"], ["data is missing"]),
    ],
)
def test_what_cannot_be_compared(infer, synthetic, tmp_path, arguments, parts):
    outcome = infer("benchmark", *synthetic, *arguments, f"output={tmp_path / 'out'}")
    assert_one_error(outcome, *parts)
    assert not (tmp_path / "out").exists()


def test_networks_are_asked_for_and_named_once(call, synthetic, tmp_path, export):
    assert_one_error(
        call(main, "benchmark", *synthetic), "checkpoint is missing; give checkpoint=PATH, or checkpoints="
    )
    outcome = call(main, "benchmark", *synthetic, f"checkpoints=[{export},{export}]")
    assert_one_error(outcome, "is given twice")
    outcome = call(
        main, "benchmark", *synthetic, f"checkpoint={export}", f"checkpoints=[{export.parent}/./{export.name}/]"
    )
    assert_one_error(outcome, "is given twice")
    outcome = call(main, "benchmark", *synthetic, f"checkpoints=[{export},{tmp_path / 'wrong'}]", "output=out")
    assert_one_error(outcome, "wrong' does not exist")
