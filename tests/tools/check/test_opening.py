"""Data that train supervised although their camera or their source views are unknown: looked at as far as they go."""

import json
from pathlib import Path

import pytest

from gradunc.assembly import data_set
from gradunc.data.recorded.camera import UnknownCamera
from gradunc.data.recorded.neighbours import NoNeighbours
from gradunc.data.settings import DataSettings
from gradunc.errors import InputError
from gradunc.tools.check import command
from gradunc.tools.check.opening import CAMERA, VIEWS, open_split
from tests.data.inspection.drives import write_folder
from tests.data.sets.folder.helpers import CAMERA as FOLDER_CAMERA
from tests.data.sets.folder.helpers import write_sequence
from tests.data.sets.rgbd.helpers import write_seven_scenes
from tests.helpers import assert_one_error, call_command

SIZE = (24, 32)
ALL_TRAIN = {"train": 1.0, "val": 0.0, "test": 0.0}


def folder(root: Path) -> DataSettings:
    settings = DataSettings(name="folder", root=str(root))
    settings.folder.depth_scale = 1000  # pyright: ignore[reportAttributeAccessIssue]
    settings.division.train, settings.division.val, settings.division.test = 1.0, 0.0, 0.0
    return settings


def rgbd(root: Path) -> DataSettings:
    settings = DataSettings(name="rgbd", root=str(root))
    settings.division.train, settings.division.val, settings.division.test = 1.0, 0.0, 0.0
    return settings


def mixture(root: Path) -> DataSettings:
    part = {"name": "folder", "root": str(root), "folder": {"depth_scale": 1000}, "division": ALL_TRAIN}
    return DataSettings(name="mixture", mixture={"mine": part})


def without_camera(kind: str, root: Path) -> DataSettings:
    if kind == "rgbd":
        write_seven_scenes(root, 5, calibration=False)
        return rgbd(root)
    write_sequence(root, 5, depth=".png")
    return folder(root) if kind == "folder" else mixture(root)


@pytest.mark.parametrize("kind", ["folder", "rgbd", "mixture"])
def test_source_views_of_an_unknown_camera_are_looked_at_without_it(tmp_path: Path, kind: str) -> None:
    found = data_set(without_camera(kind, tmp_path))
    with pytest.raises(UnknownCamera):
        found.open("train", SIZE, (-1, 1))
    opened = open_split(found, "train", SIZE, (-1, 1), asked=False)
    assert opened.frames == (-1, 1)
    assert len(opened.data) == 3
    sample = opened.data[0]
    assert sample["sources"].shape == (2, 3, *SIZE)
    assert "intrinsics" not in sample
    assert bool(sample["valid"].any())
    assert opened.left_out.startswith(f"{CAMERA}: ")
    with pytest.raises(UnknownCamera):
        open_split(found, "train", SIZE, (-1, 1), asked=True)


@pytest.mark.parametrize("camera", [FOLDER_CAMERA, None])
def test_single_images_are_looked_at_alone(tmp_path: Path, camera: object) -> None:
    for name in ("a", "b", "c"):
        write_sequence(tmp_path / name, 1, camera=camera, depth=".png")
    found = data_set(folder(tmp_path))
    opened = open_split(found, "train", SIZE, (-1, 1), asked=False)
    assert opened.frames == ()
    assert len(opened.data) == 3
    assert opened.left_out.startswith(f"{VIEWS} [-1, 1]: ")
    with pytest.raises(InputError):
        open_split(found, "train", SIZE, (-1, 1), asked=True)


def test_a_camera_that_is_stated_wrongly_stays_an_error(tmp_path: Path) -> None:
    write_sequence(tmp_path, 5, camera={**FOLDER_CAMERA, "width": 99}, depth=".png")
    with pytest.raises(InputError, match="another shape"):
        open_split(data_set(folder(tmp_path)), "train", SIZE, (-1, 1), asked=False)


def test_damage_is_no_lack_of_source_views(tmp_path: Path) -> None:
    """A pose that is no motion: only source views need it, and yet it stays an error."""
    write_seven_scenes(tmp_path, 5)
    (pose,) = tmp_path.rglob("frame-000002.pose.txt")
    pose.write_text("2 0 0 0\n0 2 0 0\n0 0 2 0\n0 0 0 1\n")
    found = data_set(rgbd(tmp_path))
    assert len(found.open("train", SIZE, ())) == 5
    with pytest.raises(InputError, match=r"frame-000002\.pose\.txt"):
        open_split(found, "train", SIZE, (-1, 1), asked=False)


def test_neighbours_that_lack_stay_told_where_they_were_asked_for(tmp_path: Path) -> None:
    write_seven_scenes(tmp_path, 2)
    opened = open_split(data_set(rgbd(tmp_path)), "train", SIZE, (-1, 1), asked=False)
    assert len(opened.data) == 2
    assert opened.left_out.startswith(f"{VIEWS} [-1, 1]: no frame of the train split has the neighbours [-1, 1]")
    with pytest.raises(NoNeighbours):
        open_split(data_set(rgbd(tmp_path)), "train", SIZE, (-1, 1), asked=True)


def test_images_without_camera_neighbours_or_depth_say_what_is_missing(tmp_path: Path) -> None:
    write_sequence(tmp_path, 1)
    with pytest.raises(InputError, match="has all the neighbours"):
        open_split(data_set(folder(tmp_path)), "train", SIZE, (-1, 1), asked=False)


@pytest.mark.slow
def test_the_check_before_supervised_training_needs_no_camera(monkeypatch, capsys, tmp_path: Path) -> None:
    root = write_folder(tmp_path / "drive", count=10)
    (root / "intrinsics.json").unlink()
    monkeypatch.chdir(tmp_path)
    given = ["data=folder", f"data.root={root}", "data.folder.depth_scale=500", "model.size=[64,208]", "samples=4"]
    outcome = call_command(command.main, [*given, "strict=true"], monkeypatch, capsys)
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert lines[0].startswith("train: 4 samples in 1 sequence(s), 4 looked at")
    assert lines[2] == "camera: unknown"
    assert lines[3].startswith("source -1: median shift ")
    left_out = [line for line in lines if line.startswith("not looked at: ")]
    assert len(left_out) == 1
    assert "intrinsics.json" in left_out[0]
    assert "nothing suspicious in 4 samples" in lines
    wrong_unit = call_command(
        command.main, [*given[:2], "data.folder.depth_scale=0.5", *given[3:]], monkeypatch, capsys
    )
    assert wrong_unit.code == 2
    assert "data.folder.depth_scale" in wrong_unit.err
    assert "intrinsics.json" not in wrong_unit.err
    asked = call_command(command.main, [*given, "objective=mono"], monkeypatch, capsys)
    assert_one_error(asked, "photometric training needs the camera")
    (tmp_path / "mixture.yaml").write_text(
        json.dumps(
            {
                "defaults": {"data": "mixture"},
                "data": {"mixture": {"mine": {"name": "folder", "root": str(root), "folder": {"depth_scale": 500}}}},
            }
        )
    )
    mixed = call_command(command.main, ["mixture.yaml", *given[3:]], monkeypatch, capsys)
    assert mixed.code == 0, mixed.err
    assert "not looked at: camera" in mixed.out
