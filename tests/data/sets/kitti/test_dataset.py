"""From options to frames of KITTI: lists, intrinsics, truth, and what is said about wrong options."""

import hashlib
from pathlib import Path

import pytest
import torch
from PIL import Image

from gradunc.assembly import data_set, missing_truth
from gradunc.data.formats import kitti_files, kitti_splits
from gradunc.data.formats import kitti_odometry as odometry
from gradunc.data.settings import DataSettings
from gradunc.errors import InputError
from tests.data.kitti_helpers import DRIVE, KITTI, needs_kitti, write_drive
from tests.helpers import DATA

SIZE = (5, 10)
LISTS = {
    "eigen_zhou/train_files.txt": f"{DRIVE} 1 l\n{DRIVE} 2 r\n",
    "eigen_zhou/val_files.txt": f"{DRIVE} 1 r\n",
    "eigen/test_files.txt": f"{DRIVE} 0000000003 l\n",
    "eigen_benchmark/test_files.txt": f"{DRIVE} 2 l\n",
}


@pytest.fixture
def settings(tmp_path, monkeypatch) -> DataSettings:
    """A drive of four frames and short lists in place of the published ones."""
    for name, text in LISTS.items():
        (tmp_path / "lists" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "lists" / name).write_text(text)
        digest = hashlib.sha256(text.encode()).hexdigest()
        monkeypatch.setitem(kitti_splits.FILES, name, kitti_splits.SplitFile(name, text.count("\n"), digest))
    (tmp_path / "root").mkdir()
    write_drive(tmp_path / "root", 4)
    found = DataSettings(name="kitti", root=str(tmp_path / "root"), split_dir=str(tmp_path / "lists"))
    found.kitti.split = "eigen_zhou"
    return found


def build(settings, split="test", frames=()):
    return data_set(settings).open(split, SIZE, frames)


def names(settings, split) -> list[str]:
    return ["/".join(frame.image.name.split("/")[-3:]) for frame in build(settings, split).frames]


def message(settings, split="test", frames=()) -> str:
    with pytest.raises(InputError) as caught:
        build(settings, split, frames)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_published_lists(settings):
    assert names(settings, "train") == ["image_02/data/0000000001.png", "image_03/data/0000000002.png"]
    assert names(settings, "val") == ["image_03/data/0000000001.png"]
    assert names(settings, "test") == ["image_02/data/0000000003.png"]
    settings.kitti.truth = "improved"
    assert "no improved depth" in message(settings)  # of eigen_benchmark's only frame
    settings.kitti.split = "eigen"
    assert message(settings).endswith("set data.kitti.split=eigen_benchmark")


def test_lists_of_ones_own_win(settings, tmp_path):
    (tmp_path / "mine.txt").write_text(f"{DRIVE} 0 r\n")
    settings.kitti.train_split = settings.kitti.test_split = str(tmp_path / "mine.txt")
    assert names(settings, "train") == names(settings, "test") == ["image_03/data/0000000000.png"]
    assert names(settings, "val") == ["image_03/data/0000000001.png"]


def test_without_any_list(settings):
    settings.kitti.split = None
    assert len(names(settings, "test")) == 4
    assert message(settings, "val") == (
        "data.kitti.val_split is missing: set data.kitti.split=eigen_zhou (published lists), or a file of lines "
        "'date/drive frame side'"
    )


def test_cameras_without_any_list(settings):
    settings.kitti.split = None
    for cameras, folders in ((["r"], {"image_03"}), (["l", "r", "r"], {"image_02", "image_03"})):
        settings.kitti.cameras = cameras
        found = names(settings, "test")
        assert {name.split("/")[0] for name in found} == folders
        assert len(found) == 4 * len(folders)
    settings.kitti.cameras = ["left"]
    assert message(settings) == "unknown data.kitti.cameras entry 'left' (choices: l, r)"
    settings.kitti.cameras = []
    assert message(settings) == "data.kitti.cameras=[] names no camera; set it to [l], [r] or [l,r]"


def test_lists_that_are_not_the_published_ones(settings, tmp_path):
    path = tmp_path / "lists" / "eigen_zhou" / "train_files.txt"
    path.write_text(path.read_text().replace("\n", "\r\n"))
    assert len(names(settings, "train")) == 2  # written by git on Windows
    path.write_text(f"{DRIVE} 1 l\n")
    tool = f"run `python -m gradunc.tools.prepare kitti-splits output={tmp_path / 'lists'}`"
    assert message(settings, "train") == (
        f"'{path}' is not the published list: it has 1 lines, the published list has 2; {tool}, or give a list of your "
        "own as data.kitti.train_split"
    )
    path.write_text(f"{DRIVE} 1 l\n{DRIVE} 1 l\n")
    assert "is not the published list: its SHA-256 is " in message(settings, "train")
    path.unlink()
    assert message(settings, "train").startswith(f"no split list '{path}'")
    assert message(settings, "train").endswith(f"; {tool}, or set data.split_dir")


@pytest.mark.parametrize(
    ("split", "part", "expected"),
    [
        ("eigen_zou", "train", "unknown data.kitti.split 'eigen_zou'; did you mean 'eigen_zhou'?"),
        ("odom", "train", "unknown data.kitti.split 'odom'"),
        ("eigen", "train", "the split 'eigen' has no train list; train and validate on 'eigen_zhou' or"),
        ("eigen_benchmark", "val", "the split 'eigen_benchmark' has no val list"),
        ("benchmark", "test", "the split 'benchmark' tests on the server of KITTI"),
    ],
)
def test_splits_without_a_part(settings, split, part, expected):
    settings.kitti.split = split
    assert message(settings, part).startswith(expected)


@pytest.mark.parametrize(
    ("key", "value", "choices"),
    [
        ("truth", "velodine", "improved, none, velodyne"),
        ("depth", "z", "camera_z, laser_x"),
        ("intrinsics", "fixed", "calibration, published"),
        ("poses", "gps", "none, oxts"),
        ("truth_root", "/nowhere/at/all", ""),
    ],
)
def test_wrong_options(settings, key, value, choices):
    setattr(settings.kitti, key, value)
    found = message(settings)
    assert f"data.kitti.{key}" in found
    assert value in found
    assert choices in found


def test_published_intrinsics(settings):
    settings.kitti.intrinsics = "published"
    expected = torch.tensor([[5.8, 0, 5], [0, 9.6, 2.5], [0, 0, 1]])
    torch.testing.assert_close(build(settings)[0]["intrinsics"], expected)
    assert build(settings)[0]["depth"].max() == 10.375


def test_truth_can_be_left_away(settings):
    assert missing_truth(settings) == ""
    without = data_set(settings).without_truth()
    assert "data.kitti.truth=none" in without.missing_truth()
    assert "depth" not in without.open("test", SIZE)[0]


def test_a_training_on_improved_depth_leaves_frames_without_it_out(settings):
    settings.kitti.truth = "improved"
    path = kitti_files.improved_folders(Path(settings.root), DRIVE, "r")[0] / "0000000002.png"
    path.parent.mkdir(parents=True)
    path.touch()
    assert names(settings, "train") == ["image_03/data/0000000002.png"]
    assert "no improved depth" in message(settings, "val")


def test_lines_without_files_are_left_to_the_policy(settings):
    for path in (Path(settings.root) / DRIVE / "image_02").rglob("*3.png"):
        path.unlink()
    assert message(settings).startswith(f"split line 1 '{DRIVE} 0000000003 l': no image")
    settings.on_error = "skip"
    assert len(build(settings)) == 1


def test_lists_of_odometry(settings, tmp_path, monkeypatch):
    root = tmp_path / "odometry"
    for sequence in ("09", "10"):
        path = odometry.image_path(root, sequence, "l", 0)
        path.parent.mkdir(parents=True)
        Image.new("RGB", (20, 10)).save(path)
        (root / "sequences" / sequence / "calib.txt").write_text("P2: 100 0 10 0 0 100 5 0 0 0 1 0")
        name, text = f"odom/test_files_{sequence}.txt", f"{int(sequence)} 0 l\n"
        (tmp_path / "lists" / "odom").mkdir(exist_ok=True)
        (tmp_path / "lists" / name).write_text(text)
        digest = hashlib.sha256(text.encode()).hexdigest()
        monkeypatch.setitem(kitti_splits.FILES, name, kitti_splits.SplitFile(name, 1, digest))
    settings.name, settings.root = "kitti_odometry", str(root)
    assert missing_truth(settings) == "KITTI odometry has no true depth; choose data=kitti"
    assert [frame.sequence for frame in build(settings).frames] == ["09", "10"]  # test_sequences
    settings.kitti_odometry.split = "odom"
    assert [frame.sequence for frame in build(settings).frames] == ["09", "10"]
    settings.kitti_odometry.intrinsics = "published"
    torch.testing.assert_close(build(settings)[0]["intrinsics"], torch.tensor([[5.8, 0, 5], [0, 9.6, 2.5], [0, 0, 1]]))
    settings.kitti_odometry.split = "eigen"
    assert message(settings) == "unknown data.kitti_odometry.split 'eigen' (choices: odom)"
    settings.kitti_odometry.split = None
    assert message(settings, "train").endswith("or a file of lines 'sequence frame side'")


@needs_kitti
@pytest.mark.skipif(not (DATA / "splits").is_dir(), reason=f"no split lists in {DATA}")
def test_the_real_lists_are_the_published_ones(settings, monkeypatch):
    monkeypatch.undo()
    for name, file in kitti_splits.FILES.items():
        lines = kitti_splits.read_split(DATA / "splits", name)
        assert len(lines) == file.lines
    real = DataSettings(name="kitti", root=str(KITTI), split_dir=str(DATA / "splits"))
    real.kitti.split = "eigen"
    assert message(real).startswith("split line 1 '2011_09_26/2011_09_26_drive_0002_sync 0000000069 l': no image")
