"""Data that people bring, through the commands: what is assumed and left out is said once, real errors come first."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradunc.commands.train import main as train_main
from gradunc.tools.check import command as check
from tests.data.sets.folder.helpers import write_sequence
from tests.data.sets.kitti_odometry.helpers import make_grey, write_sequences
from tests.data.sets.rgbd.helpers import write_seven_scenes
from tests.data.sets.stereo.helpers import save, texture, write_folders
from tests.data.sets.test_assumed import write_tum_640
from tests.helpers import TINY, Call, assert_one_error

SAME_VIEWS = "data.on_implausible=warn"
"""The files of these tests show the same in both views, or one colour."""

DMIN = "assumed dmin 0 px: there is no dmin.txt beside view1"


def write_2006(root: Path, *scenes: str) -> Path:
    """Pairs of a third of the published size, as Middlebury 2006 is often stored."""
    for scene in scenes:
        for name in ("view1", "view5"):
            save(root / scene / f"{name}.png", np.tile(texture(), (10, 7, 1)))
        save(root / scene / "disp1.png", np.full((370, 420), 100, np.uint8))
    return root


def told(outcome: Any, start: str) -> list[str]:
    return [line for line in outcome.err.splitlines() if line.startswith(start)]


def metrics(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "metrics.json").read_text())


def test_an_assumption_stands_in_the_run_and_in_the_table(evaluate: Call, tmp_path: Path) -> None:
    root = write_2006(tmp_path / "pairs", "Aloe", "Baby1")
    outcome = evaluate("data=stereo", f"data.root={root}", "uncertainty=none", f"output={tmp_path / 'out'}")
    assert outcome.code == 0, outcome.err
    (line,) = told(outcome, DMIN)
    assert line.endswith("add the published file, or set data.stereo.doffs: 2 ('Aloe', 'Baby1')")
    content = metrics(tmp_path / "out")
    assert content["protocol"].endswith(", no crop, assumed: dmin 0 px")
    assert content["assumed"] == [line]
    assert "assumed: dmin 0 px; 2 images" in (tmp_path / "out" / "metrics.md").read_text()
    for scene in ("Aloe", "Baby1"):
        (root / scene / "dmin.txt").write_text("270")
    outcome = evaluate("data=stereo", f"data.root={root}", "uncertainty=none", f"output={tmp_path / 'out2'}")
    assert "assumed" not in outcome.err + outcome.out
    assert metrics(tmp_path / "out2")["assumed"] == []


def test_a_recording_without_calibration(evaluate: Call, tmp_path: Path) -> None:
    (tmp_path / "desk").mkdir()
    write_tum_640(tmp_path / "desk")
    arguments = ["data=rgbd", f"data.root={tmp_path / 'desk'}", "data.division={train: 0, val: 0, test: 1}"]
    outcome = evaluate(*arguments, "uncertainty=none", f"output={tmp_path / 'out'}")
    assert outcome.code == 0, outcome.err
    assert len(told(outcome, "assumed fx, fy, cx, cy = 525, 525, 319.5, 239.5 px: ")) == 1
    assert "assumed: fx, fy, cx, cy = 525, 525, 319.5, 239.5 px" in metrics(tmp_path / "out")["protocol"]


@pytest.mark.slow
def test_training_says_each_remark_once(call: Call, tmp_path: Path) -> None:
    """Three splits, their two loading processes each, and a scene that is not read."""
    root = write_2006(tmp_path / "pairs", "Aloe", "Baby1", "Cloth1", "Lamp")
    write_folders(tmp_path / "pairs" / "own", truth="")
    arguments = ["data=stereo", f"data.root={root}", "objective=stereo", "data.batch_size=1", "data.workers=2"]
    division = "data.division={train: [Aloe, Baby1], val: [Cloth1], test: [Lamp]}"
    outcome = call(train_main, *TINY, *arguments, division, SAME_VIEWS, "uncertainty=none", "--dry-run")
    assert outcome.code == 0, outcome.err
    assert len(told(outcome, DMIN)) == 1
    assert len(told(outcome, "folders with files like data are not used")) == 1


def test_check_shows_both(call: Call, tmp_path: Path) -> None:
    root = write_2006(tmp_path / "pairs", "Aloe")
    write_folders(root / "own", truth="")
    outcome = call(check.main, "data=stereo", f"data.root={root}", "model.size=[32,64]", "drawn=1", SAME_VIEWS)
    assert outcome.code == 0, outcome.err
    warnings = [line for line in outcome.out.splitlines() if line.startswith("warning: ")]
    assert warnings[0].startswith(f"warning: {DMIN}")
    (unused,) = [line for line in warnings if line.startswith("warning: folders with files like data are not used")]
    assert "2 ('own/left/ with 5 files', 'own/right/ with 5 files')" in unused


def test_the_parts_of_a_mixture_say_their_own(call: Call, tmp_path: Path) -> None:
    write_2006(tmp_path / "pairs", "Aloe")
    stereo = {"name": "stereo", "root": str(tmp_path / "pairs")}
    mixture = {"pairs": stereo, "more": {**stereo, "stereo": {"doffs": 90}}}
    (tmp_path / "mine.yaml").write_text(json.dumps({"defaults": {"data": "mixture"}, "data": {"mixture": mixture}}))
    outcome = call(
        check.main, str(tmp_path / "mine.yaml"), "split=test", "objective=supervised", "model.size=[32,64]", SAME_VIEWS
    )
    assert outcome.code == 0, outcome.err
    (line,) = [line for line in outcome.out.splitlines() if "assumed" in line]
    assert line.startswith(f"warning: pairs: {DMIN}")


# --- errors of opening come before errors of dividing


def write_uncalibrated(root: Path) -> Path:
    for side in ("left", "right"):
        for i in range(3):
            save(root / side / f"{i}.png", texture(i))
    return root


@pytest.mark.parametrize("command", [train_main, check.main])
def test_a_missing_calibration_is_the_error(call: Call, tmp_path: Path, command: Any) -> None:
    root = write_uncalibrated(tmp_path / "mine")
    arguments = [*(TINY if command is train_main else ["model.size=[32,64]"]), "objective=stereo"]
    outcome = call(command, *arguments, "data=stereo", f"data.root={root}")
    assert_one_error(outcome, f"no file '{root / 'calibration.json'}'; write", "data.stereo.focal")
    assert "division" not in outcome.err
    (root / "calibration.json").write_text(json.dumps({"fx": 40, "baseline": 0.5, "doffs": 0}))
    outcome = call(train_main, *TINY, "objective=stereo", "data=stereo", f"data.root={root}")
    assert_one_error(outcome, "the train split is empty: by default it gets nothing of 1 sequence(s) with 3 frame(s)")
    assert "data.division.train=" not in outcome.err


def test_a_missing_camera_is_the_error_of_a_folder(call: Call, tmp_path: Path) -> None:
    write_sequence(tmp_path / "walk", 4)
    arguments = ["data=folder", f"data.root={tmp_path / 'walk'}", "data.division={train: 0, val: 0, test: 1}"]
    outcome = call(train_main, *TINY, "objective=mono", *arguments)
    assert_one_error(outcome, "photometric training needs the camera")
    outcome = call(train_main, *TINY, "objective=mono", *arguments, "data.folder.focal=40")
    assert_one_error(outcome, "the train split is empty: data.division.train=0")


def test_a_missing_camera_is_the_error_of_a_recording(call: Call, tmp_path: Path) -> None:
    root = write_seven_scenes(tmp_path / "room", 4, calibration=False)
    arguments = ["data=rgbd", f"data.root={root}", "data.division={train: 0, val: 0, test: 1}", "objective=mono"]
    assert_one_error(call(train_main, *TINY, *arguments), "pixels, not 640x480 as the published recordings")


# --- KITTI odometry


@pytest.mark.parametrize("grey", [False, True])
def test_check_of_sequences_without_lists(call: Call, tmp_path: Path, grey: bool) -> None:
    root = write_sequences(tmp_path / "odometry")
    if grey:
        make_grey(root)
    arguments = ["data=kitti_odometry", f"data.root={root}", "model.size=[32,64]", "drawn=1", SAME_VIEWS]
    outcome = call(check.main, *arguments, "data.kitti_odometry.test_sequences=[9]")
    assert outcome.code == 0, outcome.err
    assert "test: 1 samples in 1 sequence(s)" in outcome.out
    note = "grey images are read (image_0, image_1), there are none in colour (image_2, image_3): 1 ('09')"
    assert (note in outcome.out.splitlines()) == grey


def test_what_is_wrong_with_the_sequences_is_the_error(call: Call, tmp_path: Path) -> None:
    """And not that there are no lists to train and validate on."""
    root = write_sequences(tmp_path / "odometry")
    outcome = call(check.main, "data=kitti_odometry", f"data.root={root}", "model.size=[32,64]")
    assert_one_error(outcome, "unknown sequence of KITTI odometry '10' (choices: 09, 11)")
