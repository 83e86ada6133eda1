"""`infer.py export`."""

import json
import runpy

import pytest
import torch

from gradunc.commands.infer import main
from gradunc.models import export_model
from tests.commands.conftest import call  # noqa: F401
from tests.export.conftest import lively
from tests.helpers import assert_one_error, files_in, tiny_model


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return export_model(lively(tiny_model()), tmp_path_factory.mktemp("model"))


@pytest.fixture
def infer(call, checkpoint):  # noqa: F811
    return lambda *arguments: call(main, "export", f"checkpoint={checkpoint}", *arguments)


@pytest.mark.slow
def test_pt2_with_settings(infer, tmp_path, checkpoint):
    outcome = infer("to=out/x.pt2", "size=40x61", "uncertainty.gradient.reference=gray")
    assert outcome.code == 0, outcome.err
    assert files_in(tmp_path) == {"here/out/x.pt2"}
    assert "out/x.pt2: image (1,3,40,61) -> depth, uncertainty (1,1,40,61)" in outcome.out
    assert "largest difference to the estimator: depth" in outcome.out
    extra = dict.fromkeys(("estimator", "checkpoint", "size"), "")
    torch.export.load(tmp_path / "here" / "out" / "x.pt2", extra_files=extra)
    settings = json.loads(extra["estimator"])
    assert (settings["name"], settings["reference"], settings["loss"]) == ("gradient", "gray", "sensitivity")
    assert (json.loads(extra["checkpoint"]), json.loads(extra["size"])) == (str(checkpoint), [40, 61])


@pytest.mark.slow
def test_the_printed_lines_run(infer, tmp_path):
    """At the model's training size."""
    outcome = infer("to=x.onnx")
    assert outcome.code == 0, outcome.err
    script = tmp_path / "script.py"
    lines = outcome.out.split("\n\n")[1]
    script.write_text(lines.replace("depth, unc", "image = numpy.zeros((1, 3, 64, 96), numpy.float32)\ndepth, unc", 1))
    assert runpy.run_path(str(script))["uncertainty"].shape == (1, 1, 64, 96)


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["to=x.pth"], ["'x.pth' must end with", ".onnx or .pt2"]),
        (["to=x"], ["'x' must end with", ".onnx or .pt2"]),
        (["to=folder.pt2"], ["'folder.pt2' is a folder"]),
        pytest.param(
            ["to=file/x.pt2"], ["cannot write to 'file/x.pt2'", "choose another path"], marks=pytest.mark.slow
        ),
        (["to=x.pt2", "uncertainty=none"], ["export needs an estimator; uncertainty=none has none, omit it"]),
        (["to=x.pt2", "uncertainty=flip_and_gray"], ["one estimator", "flip, gray", "choose"]),
        (["to=x.pt2", "source=in"], ["source belongs to infer.py predict, ood"]),
        (["to=x.pt2", "data=synthetic"], ["data belongs to infer.py evaluate, benchmark, fit, study, ood"]),
        (["to=x.pt2", "size=native"], ["size=native", "size=HxW"]),
        (["to=x.pt2", "size=640"], ["size='640'", "64x96"]),
        (["to=x.pt2", "checkpoint=null"], ["checkpoint is missing"]),
        (["to=x.pt2", "uncertainty.gradient.layers=[blocks.6.conv]"], ["decoder.blocks.6.conv"]),
        (["ot=x.pt2"], ["unknown key 'ot'", "'to'"]),
        ([], ["to is missing; give to=PATH.onnx or to=PATH.pt2"]),
        (["x.pt2", "y.pt2"], ["'y.pt2' is a second to after 'to=x.pt2'"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_wrong_usage_is_one_line_and_writes_nothing(infer, tmp_path, arguments, parts):
    (tmp_path / "here" / "file").touch()
    (tmp_path / "here" / "folder.pt2").mkdir()
    assert_one_error(infer(*arguments), *parts)
    assert files_in(tmp_path) == {"here/file"}


@pytest.mark.slow
def test_what_has_learned_before_is_exported_with_what_it_has_learned_from(call, infer, checkpoint, tmp_path):  # noqa: F811
    refused = infer("to=x.pt2", "size=64x96", "uncertainty=student")
    assert_one_error(refused, "uncertainty.student (method=student) learns from data before its first estimate")
    data = ("data=synthetic", f"data.cache={tmp_path / 'rendered'}", "data.synthetic.val_scenes=2")
    options = ("data.synthetic.frames_per_scene=1", "uncertainty=student", "size=64x96", "device=cpu")
    fitted = call(main, "fit", f"checkpoint={checkpoint}", *data, *options)
    assert fitted.code == 0, fitted.err
    assert "uncertainty.student has learned from 2 images of val, 2 scenes in" in fitted.out
    assert "uncertainty.student: repeats " in fitted.out
    outcome = infer("to=x.pt2", "size=64x96", "uncertainty=student")
    assert outcome.code == 0, outcome.err
    extra = dict.fromkeys(("estimator", "learned_from"), "")
    torch.export.load(tmp_path / "here" / "x.pt2", extra_files=extra)
    assert json.loads(extra["learned_from"]) == "synthetic val, 2 images"
    settings = json.loads(extra["estimator"])
    assert (settings["method"], settings["layers"][0]) == ("student", "decoder.blocks.0.conv")


@pytest.mark.slow
def test_a_method_that_cannot_be_exported_is_one_line(infer):
    outcome = infer("to=x.pt2", "size=64x96", "uncertainty=inference_dropout")
    assert_one_error(outcome, "uncertainty.inference_dropout (method=inference_dropout) cannot be exported")
