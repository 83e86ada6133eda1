"""What is found and not used is counted and named, in every data set of files."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gradunc.assembly import data_set
from gradunc.data.interface import AnyDataSet
from gradunc.data.sets import SETS, data_set_of
from gradunc.types import FrameIds, Split
from tests.config.test_loading import train
from tests.contracts.set_files import WRITERS
from tests.data.kitti_helpers import DRIVE, write_drive
from tests.data.sets.folder.helpers import write_sequence
from tests.data.sets.rgbd.helpers import write_tum
from tests.data.sets.stereo.helpers import write_2014, write_folders
from tests.helpers import REPOSITORY

SIZE = (24, 32)

STRAY = {
    "kitti": (f"{DRIVE}/image_02/data/left.png", f"{DRIVE}/image_02/data/left.png"),
    "kitti_odometry": ("sequences/09/image_2/000000.tif", "sequences/09/image_2/000000.tif"),
    "nyu": ("val/others/0.h5", "val/others/ with 1 file"),
    "rgbd": ("rgb/0.png", "rgb/ with 1 file"),
    "stereo": ("room/photo.png", "room/ with 1 file"),
    "folder": ("walk/rgb/0.png", "walk/rgb/ with 1 file"),
    "video": ("film.gif", "film.gif"),
}
"""A file like data, and how it is named."""


def opened(root: Path, *arguments: str, split: Split = "test", frames: FrameIds = ()) -> tuple[AnyDataSet, Any]:
    found = data_set(train(f"data.root={root}", *arguments).data)
    return found, found.open(split, SIZE, frames)


def places(data: AnyDataSet) -> list[str]:
    return [line.partition(": ")[2] or line for line in data.remarks.lines("unused")]


def test_every_data_set_of_files_is_here() -> None:
    assert {*STRAY, "synthetic"} == set(SETS)


@pytest.mark.parametrize("name", STRAY)
def test_a_stray_file(name: str, tmp_path: Path) -> None:
    arguments = [f"data={name}", *WRITERS[name](tmp_path)]
    sound, samples = opened(tmp_path, *arguments)
    before = sound.remarks.lines("unused")
    assert not any("like data" in line for line in before)
    path, named = STRAY[name]
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).touch()
    found, again = opened(tmp_path, *arguments)
    (line,) = [line for line in found.remarks.lines("unused") if line not in before]
    assert line.endswith(f": 1 ('{named}')")
    assert len(again) == len(samples)


def test_three_scenes_and_one_of_another_layout(tmp_path: Path) -> None:
    """The case of the issue: three of four scenes are read, the fourth is named."""
    for scene in ("a", "b", "c"):
        write_sequence(tmp_path / scene, 3)
    write_folders(tmp_path / "d")
    found, samples = opened(tmp_path, "data=folder", "data.division={train: 0, val: 0, test: 1}")
    assert len(samples) == 9
    assert places(found) == ["3 ('d/disparity/ with 5 files', 'd/left/ with 5 files', 'd/right/ with 5 files')"]


def test_pairs_of_another_layout(tmp_path: Path) -> None:
    write_2014(tmp_path)
    write_folders(tmp_path / "own", truth="")
    for name in ("im1E.png", "im1L.png", "disp1.pfm"):  # published beside each pair, of no use
        (tmp_path / "Piano" / name).touch()
    found, samples = opened(tmp_path, "data=stereo")
    assert len(samples) == 1
    (line,) = found.remarks.lines("unused")
    assert line == (
        "folders with files like data are not used (data.stereo.layout=middlebury2014 reads SCENE/im0.png with im1.png "
        "and calib.txt): 2 ('own/left/ with 5 files', 'own/right/ with 5 files')"
    )


def test_pairs_without_truth_among_others(tmp_path: Path) -> None:
    write_2014(tmp_path, "Piano")
    write_2014(tmp_path, "Playroom")
    (tmp_path / "Piano" / "disp0.pfm").unlink()
    found, _ = opened(tmp_path, "data=stereo")
    assert places(found) == [f"1 ('{tmp_path / 'Piano' / 'im0.png'}')"]
    (tmp_path / "Playroom" / "disp0.pfm").unlink()
    assert places(opened(tmp_path, "data=stereo")[0]) == []  # then none is expected


def test_images_of_tum_without_depth(tmp_path: Path) -> None:
    root = write_tum(tmp_path / "desk", 4)
    arguments = ("data=rgbd", "data.rgbd.intrinsics=[40,40,15.5,11.5]", "data.division={train: 0, val: 0, test: 1}")
    found, samples = opened(root, *arguments)
    assert len(samples) == 4
    assert found.remarks.lines() == [
        f"images without depth are left out: 1 ('{root / 'rgb' / 'no_depth.png'}')",
    ]
    found, samples = opened(root, *arguments, "data.rgbd.ground_truth=false")
    assert len(samples) == 8
    assert found.remarks.lines() == []  # depth is not wanted, so none is missed


def test_sequences_that_are_too_short(tmp_path: Path) -> None:
    write_sequence(tmp_path / "long", 5)
    write_sequence(tmp_path / "short", 2)
    arguments = ("data=folder", "data.folder.focal=40", "data.division={train: 1, val: 0, test: 0}")
    found, samples = opened(tmp_path, *arguments, split="train", frames=(-1, 1))
    assert len(samples) == 3
    assert found.remarks.lines() == [
        "sequences are left out, which are too short for the source views [-1, 1]: 1 ('short')"
    ]


def test_drives_without_images_and_images_without_partner(tmp_path: Path) -> None:
    write_drive(tmp_path, 3)
    empty = tmp_path / "2011_09_26" / "2011_09_26_drive_0005_sync"
    (empty / "image_00" / "data").mkdir(parents=True)
    (tmp_path / DRIVE / "image_03" / "data" / "0000000001.png").unlink()
    found, samples = opened(tmp_path, "data=kitti", frames=("s",))
    assert len(samples) == 2
    lines = found.remarks.lines("unused")
    assert f"left out: 1 ('{tmp_path / DRIVE}/image_02/data/0000000001.png')" in lines[0]
    assert lines[1].endswith(f": 1 ('2011_09_26/{empty.name}')")
    assert len(lines) == 2


def test_once_for_all_splits_and_copies(tmp_path: Path) -> None:
    write_sequence(tmp_path / "walk", 10, depth=".png", camera=None)
    shutil.copytree(tmp_path / "walk" / "images", tmp_path / "other")
    found = data_set(train("data=folder", f"data.root={tmp_path}", "data.folder.depth_scale=1000").data)
    for one in (found.without_truth(), found):
        for split in ("train", "val"):
            one.open(split, SIZE)
    assert found.remarks.lines() == [
        "folders with files like data are not used (data=folder reads images/ and depth/ with equal names): "
        "1 ('other/ with 10 files')"
    ]


def test_truth_and_image_formats_are_like_data(tmp_path: Path) -> None:
    """Depth without its image, and images in a format that is not read."""
    write_sequence(tmp_path, 3, depth=".png")
    Image.fromarray(np.zeros(SIZE, np.uint16)).save(tmp_path / "depth" / "alone.png")
    (tmp_path / "images" / "im1.heic").touch()
    found, _ = opened(
        tmp_path, "data=folder", "data.folder.depth_scale=1000", "data.division={train: 0, val: 0, test: 1}"
    )
    assert places(found) == ["2 ('depth/alone.png', 'images/im1.heic')"]


def test_sequences_without_motion_among_others(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_sequence(tmp_path / name, 2)
    arguments = ("data=folder", "data.division={train: 0, val: 0, test: 1}")
    assert places(opened(tmp_path, *arguments)[0]) == []
    (tmp_path / "a" / "poses.txt").write_text("1 0 0 0 0 1 0 0 0 0 1 0\n" * 2)
    (line,) = opened(tmp_path, *arguments)[0].remarks.lines()
    assert line == "sequences without poses.txt, unlike others: their motion is unknown: 1 ('b')"


def test_large_letters_of_suffixes(tmp_path: Path) -> None:
    write_sequence(tmp_path, 3, depth=".png")
    for path in (*(tmp_path / "depth").iterdir(), *(tmp_path / "images").iterdir()):
        path.rename(path.with_suffix(".PNG"))
    arguments = ("data=folder", "data.folder.depth_scale=1000", "data.division={train: 0, val: 0, test: 1}")
    found, samples = opened(tmp_path, *arguments)
    assert len(samples) == 3
    assert found.remarks.lines() == []


def test_depth_that_is_not_wanted_may_be_anything(tmp_path: Path) -> None:
    """Two depth files of one image are an error only for those who read depth."""
    write_sequence(tmp_path, 3, depth=".png")
    np.save(tmp_path / "depth" / "im8.npy", np.ones(SIZE, np.float32))
    arguments = ("data=folder", "data.folder.ground_truth=false", "data.division={train: 0, val: 0, test: 1}")
    assert opened(tmp_path, *arguments)[0].remarks.lines() == []


@pytest.mark.parametrize("name", ["folder", "stereo", "rgbd", "video"])
def test_default_divisions_are_those_of_the_files(name: str) -> None:
    settings = train(f"data={name}").data.division
    assert data_set_of(name).default_division == settings, REPOSITORY / "configs" / "data" / f"{name}.yaml"
