"""Files of `infer.py predict` are whole or absent; a later run keeps or replaces those of an earlier one."""

import json
import os

import numpy as np
import pytest
from PIL import Image

from gradunc.commands import predict_images as command
from gradunc.models import export_model
from tests.commands.predict_files import RUN_FILES, of
from tests.helpers import assert_one_error, files_in, tiny_model, write_images

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("where", ["panel", "np.save", "second map"])
def test_a_failure_leaves_no_part_of_a_file(predict, tmp_path, monkeypatch, where):
    write_images(tmp_path / "in")
    calls = []

    def full(*arguments, **_):
        calls.append(1)
        if where == "second map" and len(calls) == 1:
            return save(*arguments)
        raise OSError(28, "No space left on device")

    save = np.save
    target = Image.Image if where == "panel" else np
    monkeypatch.setattr(target, "save", full)
    outcome = predict(f"source={tmp_path / 'in'}", f"output={tmp_path / 'out'}")
    assert_one_error(outcome, "cannot write to", "No space left on device", "output=DIR")
    assert files_in(tmp_path / "out") == {".settings.json"}


def test_a_bug_leaves_no_part_of_a_file_either(predict, tmp_path, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    write_images(tmp_path / "in")
    monkeypatch.setattr(command, "drawing", broken)
    with pytest.raises(ZeroDivisionError):
        predict(f"source={tmp_path / 'in'}", f"output={tmp_path / 'out'}")
    assert files_in(tmp_path / "out") == {".settings.json"}


def test_a_second_run_replaces_the_files(predict, tmp_path):
    write_images(tmp_path / "in")
    for _ in range(2):
        assert predict(f"source={tmp_path / 'in'}", f"output={tmp_path / 'out'}").code == 0
    assert files_in(tmp_path / "out") == {*RUN_FILES, *of("0.png")}


def test_going_on_where_an_interrupted_run_stopped(predict, tmp_path):
    """`skip_existing` keeps images whose files are all there, and writes the others."""
    write_images(tmp_path / "in", [(48, 64), (48, 64)])
    arguments = f"source={tmp_path / 'in'}", f"output={tmp_path / 'out'}"
    predict(*arguments)
    (tmp_path / "out" / "0.png.panel.png").unlink()
    for name in ("0.png", "1.png"):
        (tmp_path / "out" / f"{name}.depth.npy").write_bytes(b"old")
    assert predict(*arguments, "skip_existing=true").code == 0
    assert np.load(tmp_path / "out" / "0.png.depth.npy").shape == (48, 64)
    assert (tmp_path / "out" / "1.png.depth.npy").read_bytes() == b"old"
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["images"] == ["0.png", "1.png"]


@pytest.mark.parametrize(
    ("change", "made_with"),
    [
        ("size=32x64", "size=[64, 96];"),
        ("uncertainty=none", "uncertainty=gradient;"),
        ("uncertainty.gradient.reference=gray", "uncertainty.gradient.reference=['flip', 'scale'];"),
        ("checkpoint=../other", "checkpoint=/"),
    ],
)
def test_going_on_with_something_else_is_refused(predict, tmp_path, change, made_with):
    write_images(tmp_path / "in")
    export_model(tiny_model(seed=1), tmp_path / "other")
    arguments = f"source={tmp_path / 'in'}", f"output={tmp_path / 'out'}", "skip_existing=true"
    assert predict(*arguments).code == 0
    before = files_in(tmp_path)
    outcome = predict(*arguments, change)
    assert_one_error(outcome, "the results in output=", f"were made with {made_with}", "or overwrite=true")
    assert files_in(tmp_path) == before
    assert predict(*arguments, "uncertainty.gradient.chunk=2").code == 0, "the chunk changes no result"


def test_going_on_keeps_nothing_older_than_its_settings(predict, tmp_path):
    """A run with another reference has replaced one of two images before it was interrupted."""
    write_images(tmp_path / "in", [(48, 64), (48, 64)])
    arguments = f"source={tmp_path / 'in'}", f"output={tmp_path / 'out'}"
    predict(*arguments)
    changed = "uncertainty.gradient.reference=gray"
    assert predict(f"source={tmp_path / 'in' / '0.png'}", arguments[1], changed, "overwrite=true").code == 0
    for name, content in (("0.png", b"new"), ("1.png", b"old")):
        file = tmp_path / "out" / f"{name}.depth.npy"
        modified = file.stat().st_mtime_ns
        file.write_bytes(content)
        os.utime(file, ns=(modified, modified))
    assert predict(*arguments, changed).code == 0
    assert (tmp_path / "out" / "0.png.depth.npy").read_bytes() == b"new"
    assert np.load(tmp_path / "out" / "1.png.depth.npy").shape == (48, 64)


def test_results_of_an_unknown_run_are_not_kept(predict, tmp_path):
    write_images(tmp_path / "in", [(48, 64), (48, 64)])
    arguments = f"source={tmp_path / 'in'}", f"output={tmp_path / 'out'}"
    predict(*arguments)
    (tmp_path / "out" / ".settings.json").write_text("{")
    for name in ("0.png", "1.png"):
        (tmp_path / "out" / f"{name}.depth.npy").write_bytes(b"old")
    assert predict(*arguments, "skip_existing=true").code == 0
    for name in ("0.png", "1.png"):
        assert np.load(tmp_path / "out" / f"{name}.depth.npy").shape == (48, 64)


@pytest.mark.parametrize(
    ("source", "output"), [("in/0.png", "in"), ("in", "in"), ("in", "."), ("in/*.png", "."), ("in", "in/out")]
)
def test_results_among_the_images(predict, tmp_path, monkeypatch, source, output):
    """Twice: panels of the first run are no images of the second; a panel of somebody else is one."""
    write_images(tmp_path / "here" / "in")
    theirs = tmp_path / "here" / "in" / "theirs.panel.png"
    if source != "in/0.png":
        (tmp_path / "here" / "in" / "0.png").rename(theirs)
    for _ in range(2):
        assert predict(f"source={source}", f"output={output}", "uncertainty=none").code == 0
        images = json.loads((tmp_path / "here" / output / "summary.json").read_text())["images"]
        assert images == ["0.png" if source == "in/0.png" else "theirs.panel.png"]


def test_a_panel_is_no_image(predict, tmp_path):
    write_images(tmp_path / "in")
    predict(f"source={tmp_path / 'in'}", f"output={tmp_path / 'out'}")
    outcome = predict(f"source={tmp_path / 'out'}", f"output={tmp_path / 'again'}")
    assert_one_error(outcome, "holds only results of earlier runs")


def test_an_output_that_cannot_be_written(predict, tmp_path):
    write_images(tmp_path / "in")
    (tmp_path / "file").touch()
    assert_one_error(predict(f"source={tmp_path / 'in'}", f"output={tmp_path / 'file'}"), "cannot write to", "file")
    assert (tmp_path / "file").read_bytes() == b""


def test_a_summary_that_cannot_be_written(predict, tmp_path):
    write_images(tmp_path / "in")
    (tmp_path / "out" / "summary.json").mkdir(parents=True)
    assert_one_error(predict(f"source={tmp_path / 'in'}", f"output={tmp_path / 'out'}"), "cannot write to")
