"""TUM and 7-Scenes folders made here are read back exactly; every mistake in them is named."""

import pickle

import numpy as np
import pytest
import torch

from gradunc.data.recorded.division import Division
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.sets.rgbd.frames import camera_matrix, rgbd_frames
from gradunc.data.sets.rgbd.settings import RgbdSettings
from gradunc.errors import InputError
from tests.data.sets.rgbd.helpers import ALL, CAMERA, SIZE, WRITERS, gray, grays, message, write_seven_scenes, write_tum

THREE = Division(0.6, 0.2, 0.2)


@pytest.mark.parametrize("layout", WRITERS)
@pytest.mark.parametrize("stated", [True, False])
def test_samples(tmp_path, layout, stated):
    root = WRITERS[layout](tmp_path / "walk")
    options = RgbdSettings(layout if stated else "auto", intrinsics=CAMERA.intrinsics)
    data = FrameDataset(rgbd_frames(root, "train", (2, -1), options, ALL), SIZE)
    assert len(data) == 7  # 1 to 7: the others lack a neighbour
    assert {frame.sequence for frame in data.frames} == {"walk"}
    for position in range(7):
        i = position + 1
        sample = pickle.loads(pickle.dumps(data))[position]
        assert grays(sample["image"][None]) == [i]
        assert grays(sample["sources"]) == [i + 2, i - 1]
        expected = torch.full((1, *SIZE), round(10 + i) / 10)
        expected[0, 2, 3] = 0
        torch.testing.assert_close(sample["depth"], expected, rtol=1e-6, atol=0)
        assert sample["valid"].equal(expected > 0)
        assert sample["intrinsics"].tolist() == [[40, 0, 15.5], [0, 41, 11.5], [0, 0, 1]]
        # What stands still before the target is nearer to a camera that walked ahead.
        shifts = sample["source_pose"][:, :3, 3].tolist()
        assert shifts == [[-0.25, 0, -2], [0.125, 0, 1]]
        assert sample["source_pose"][:, :3, :3].equal(torch.eye(3).expand(2, 3, 3))


def test_jpeg_images(tmp_path):
    data = FrameDataset(rgbd_frames(write_seven_scenes(tmp_path, 2, suffix="jpg"), "train", (1,), CAMERA, ALL), SIZE)
    assert data[0]["path"].endswith("frame-000000.color.jpg")


def test_without_source_views_no_pose_is_read(tmp_path):
    write_seven_scenes(tmp_path, 3)
    for file in tmp_path.glob("*.pose.txt"):
        file.unlink()
    sample = FrameDataset(rgbd_frames(tmp_path, "train", (), CAMERA, ALL), SIZE)[0]
    assert set(sample) == {"image", "index", "path", "scene", "intrinsics", "depth", "valid"}
    assert "no pose file" in message(tmp_path, (1,))
    assert message(tmp_path, (1,)).endswith("without known motion set data.rgbd.poses=false")
    unknown = RgbdSettings(intrinsics=CAMERA.intrinsics, poses=False)
    sample = FrameDataset(rgbd_frames(tmp_path, "train", (1,), unknown, ALL), SIZE)[0]
    assert sample["source_pose"].isnan().all()


@pytest.mark.parametrize("layout", WRITERS)
def test_without_truth_no_depth_is_looked_for(tmp_path, layout):
    root = WRITERS[layout](tmp_path)
    for file in (*tmp_path.rglob("*depth.png"), tmp_path / "depth.txt"):
        file.unlink(missing_ok=True)
    options = RgbdSettings(intrinsics=CAMERA.intrinsics, ground_truth=False)
    if layout == "tum":
        assert "does not exist" in message(root)
        count = 20  # those without depth, too
    else:
        assert "no depth file" in message(root)
        count = 10
    found = rgbd_frames(root, "train", (), options, ALL)
    assert len(found) == count
    assert all(frame.truth is None for frame in found)


def test_one_recording_is_cut_in_time_and_sources_stay_in_their_part(tmp_path):
    write_seven_scenes(tmp_path, 10)
    parts = {}
    for split in ("train", "val", "test"):
        data = FrameDataset(rgbd_frames(tmp_path, split, (), CAMERA, THREE), SIZE)
        parts[split] = grays(torch.stack([data[i]["image"] for i in range(len(data))]))
    assert parts == {"train": [0, 1, 2, 3, 4, 5], "val": [6, 7], "test": [8, 9]}
    data = FrameDataset(rgbd_frames(tmp_path, "train", (1,), CAMERA, THREE), SIZE)
    assert grays(data[len(data) - 1]["sources"]) == [5]
    text = message(tmp_path, (10, -10), division=THREE)
    assert text == (
        "no frame of the train split has the neighbours [10, -10]: its parts have 6 frame(s); "
        "choose nearer objective.frames"
    )


def test_a_tree_of_recordings_is_divided_whole(tmp_path):
    for i in range(4):
        write_seven_scenes(tmp_path / "office" / f"seq-{i:02d}", 2)
    write_tum(tmp_path / "desk", 3)
    names = {}
    for split in ("train", "val", "test"):
        found = rgbd_frames(tmp_path, split, (), CAMERA, THREE)
        names[split] = {frame.sequence for frame in found}
    everything = {"desk", *(f"office/seq-{i:02d}" for i in range(4))}
    assert set.union(*names.values()) == everything
    assert sum(map(len, names.values())) == len(everything)


def test_intrinsics_of_a_folder_above(tmp_path):
    write_seven_scenes(tmp_path / "a" / "seq-01", 2, calibration=False)
    np.savetxt(tmp_path / "a" / "camera-intrinsics.txt", [[40, 0, 15], [0, 41, 11], [0, 0, 1]])
    sample = FrameDataset(rgbd_frames(tmp_path, "train", (1,), RgbdSettings(), ALL), SIZE)[0]
    assert sample["intrinsics"][0].tolist() == [40, 0, 15]


def test_a_calibration_outside_of_the_root_is_not_looked_for(tmp_path):
    np.savetxt(tmp_path / "camera-intrinsics.txt", [[40, 0, 15], [0, 41, 11], [0, 0, 1]])
    root = write_seven_scenes(tmp_path / "a", 2, calibration=False)
    text = message(root, (1,), RgbdSettings())
    assert "has 32x24 pixels, not 640x480 as the published recordings" in text
    assert text.endswith("set data.rgbd.intrinsics=[fx,fy,cx,cy]")
    assert rgbd_frames(root, "train", (), RgbdSettings(), ALL)[0].intrinsics is None  # not needed


@pytest.mark.parametrize(("layout", "expected"), [("7scenes", (585, 320, 240)), ("tum", (525, 319.5, 239.5))])
def test_published_intrinsics(tmp_path, layout, expected):
    root = write_tum(tmp_path) if layout == "tum" else write_seven_scenes(tmp_path, calibration=False)
    for file in tmp_path.rglob("*"):
        if file.suffix == ".png" and "depth" not in str(file.relative_to(tmp_path)):
            gray(1, (480, 640)).save(file)
    matrix = rgbd_frames(root, "train", (1,), RgbdSettings(), ALL)[0].intrinsics
    assert matrix is not None
    fx, cx, cy = expected
    assert matrix.tolist() == [[fx, 0, cx], [0, fx, cy], [0, 0, 1]]


def test_camera_matrix():
    assert camera_matrix([1, 2, 3, 4], "k").tolist() == [[1, 0, 3], [0, 2, 4], [0, 0, 1]]
    for values in ([1, 2, 3], [0, 1, 2, 3], [1, 1, float("nan"), 1]):
        with pytest.raises(InputError, match=r"k=\[.*\] must be \[fx,fy,cx,cy\] in pixels with fx, fy > 0"):
            camera_matrix(values, "k")


def test_an_empty_folder(tmp_path):
    assert message(tmp_path) == (
        f"no RGB-D recording in '{tmp_path}': no rgb.txt and depth.txt (TUM) and no frame-*.color.png (7-Scenes) in it "
        "or in folders below"
    )
    assert "no rgb.txt and depth.txt (TUM) in it" in message(tmp_path, options=RgbdSettings(layout="tum"))
    text = message(tmp_path, options=RgbdSettings(layout="7scene"))
    assert text.startswith("unknown data.rgbd.layout '7scene'; did you mean '7scenes'?")


@pytest.mark.parametrize("frames", [("s",), (0,)])
def test_one_camera(tmp_path, frames):
    assert "data=rgbd has one camera" in message(write_seven_scenes(tmp_path, 3), frames)
