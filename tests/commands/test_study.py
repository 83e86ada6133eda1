"""`infer.py study`."""

import csv
import json

import pytest

from gradunc.uncertainty import TRIVIAL
from gradunc.uncertainty.gradient.reductions import CHANNELS
from tests.helpers import DATA, assert_one_error, files_in

pytestmark = pytest.mark.slow

DECODER = [*(f"decoder.blocks.{i}.conv" for i in range(10)), "decoder.heads.0"]


def rows_of(folder):
    with (folder / "study.csv").open() as file:
        return list(csv.DictReader(file))


def test_every_decoder_layer(infer, synthetic, tmp_path):
    outcome = infer("study", *synthetic, f"output={tmp_path / 'out'}")
    assert outcome.code == 0, outcome.err
    rows = rows_of(tmp_path / "out")
    cells = {(row["reference"], row["layer"], row["channels"]) for row in rows if row["layer"]}
    assert cells == {("flip", layer, channels) for layer in DECODER for channels in CHANNELS}
    assert {"study.csv", "study.json", "study.md", "study.png", "metrics.csv"} == files_in(tmp_path / "out")
    content = json.loads((tmp_path / "out" / "study.json").read_text())
    assert (content["images"], content["size"], content["loss"]) == (3, [64, 96], "sensitivity")
    for name in TRIVIAL:
        assert f"trivial: {name}" in outcome.out
    assert str(tmp_path / "out/study.png") in outcome.out


def test_a_cell_is_what_an_evaluation_of_its_own_prints(infer, synthetic, tmp_path):
    chosen = ["uncertainty=gradient_published", "uncertainty.gradient.reference=gray", "uncertainty.gradient.loss=l1"]
    assert infer("study", *synthetic, *chosen, f"output={tmp_path / 'study'}").code == 0
    layer, channels = "decoder.blocks.7.conv", "absmax"
    one = [f"uncertainty.gradient.layers=[{layer}]", f"uncertainty.gradient.channels={channels}", *chosen]
    assert infer("evaluate", *synthetic, *one, "evaluation.trivial=true", f"output={tmp_path / 'one'}").code == 0
    expected = json.loads((tmp_path / "one" / "metrics.json").read_text())
    content = json.loads((tmp_path / "study" / "study.json").read_text())
    (cell,) = (row for row in content["rows"] if (row["layer"], row["channels"]) == (layer, channels))
    # What a score is stands in tables of estimators, which may differ in it; the cells of a study do not.
    alone = {name: {key: row[key] for key in row if key != "scale"} for name, row in expected["uncertainty"].items()}
    found = {key: cell[key] for key in alone["gradient"]}
    assert found == pytest.approx(alone["gradient"], rel=1e-6, abs=1e-9)
    assert content["depth"] == pytest.approx(expected["depth"]["model"])
    for name in TRIVIAL:
        (row,) = (row for row in content["rows"] if row["method"] == name)
        found = {key: row[key] for key in alone[f"trivial_{name}"]}
        assert found == pytest.approx(alone[f"trivial_{name}"], rel=1e-9)


def test_chosen_layers_and_several_references(infer, synthetic, tmp_path):
    outcome = infer(
        "study",
        *synthetic,
        "uncertainty.gradient.layers=[decoder.blocks.9.conv,encoder.*.conv_stem]",
        "uncertainty.gradient.reference=[flip,{rotate: {degrees: 5}},given]",
        f"output={tmp_path / 'out'}",
    )
    assert outcome.code == 0, outcome.err
    rows = [row for row in rows_of(tmp_path / "out") if row["layer"]]
    assert {row["reference"] for row in rows} == {"flip", "rotate(degrees=5)", "given"}
    assert {row["layer"].rpartition(".")[2] for row in rows} == {"conv", "conv_stem"}
    assert len(rows) == 3 * 2 * len(CHANNELS)


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["uncertainty=flip_and_gray"], ["a study needs one estimator", "flip, gray"]),
        (["uncertainty=none"], ["a study needs one estimator", "none"]),
        (["uncertainty.gradient.layers=[decoder.heads.1]"], ["'decoder.heads.1'", "see the verb layers"]),
        (["uncertainty.gradient.layers=[blocks.6]"], ["the model has no layer 'blocks.6'"]),
        (
            ["uncertainty.gradient.reference=[flip,gary]"],
            ["uncertainty.gradient.reference=['flip','gary'] must be of", "did you mean 'gray'?"],
        ),
        (["size=native"], ["size=native"]),
        (["data.name=null"], ["data is missing; give data=NAME"]),
        (["evaluation.trivial=true"], ["evaluation.trivial belongs to infer.py evaluate; omit it"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_wrong_usage_is_one_line_and_writes_nothing(infer, synthetic, tmp_path, arguments, parts):
    outcome = infer("study", *synthetic, f"output={tmp_path / 'out'}", *arguments)
    assert_one_error(outcome, *parts)
    assert not (tmp_path / "out").exists()


def test_images_have_no_truth(infer):
    assert_one_error(infer("study", "source=in"), "source belongs to infer.py predict, ood")


@pytest.mark.skipif(
    not ((DATA / "kitti_raw").is_dir() and (DATA / "rt_monodepth_s").is_dir()),
    reason=f"no KITTI frames and RT-MonoDepth-S weights in {DATA}",
)
def test_a_trained_network_on_kitti(infer, tmp_path):
    """All signed maxima and norms beat a constant by far; means over channels do not."""
    outcome = infer(
        "study",
        f"checkpoint={DATA / 'rt_monodepth_s'}",
        *["data=kitti", f"data.root={DATA / 'kitti_raw'}", "data.workers=0", "trainer=cpu", "evaluation.crop=garg"],
        *[
            "uncertainty=gradient_published",
            "uncertainty.gradient.layers=6",
            f"output={tmp_path / 'out'}",
        ],
    )
    assert outcome.code == 0, outcome.err
    rows = {row["channels"] or row["method"]: float(row["ause_abs_rel"]) for row in rows_of(tmp_path / "out")}
    assert rows["max"] == pytest.approx(0.0174, abs=5e-4)
    assert max(rows["max"], rows["absmax"], rows["norm"]) < rows["edges"] < rows["constant"] < rows["mean"]
