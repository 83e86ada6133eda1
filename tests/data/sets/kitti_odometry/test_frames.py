"""A small odometry tree made here: files, motion by hand, and every promised message."""

import numpy as np
import pytest
import torch
from PIL import Image

from gradunc.data.formats import kitti_odometry as odometry
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.remarks import Remarks
from gradunc.data.sets.kitti_odometry.frames import kitti_odometry
from gradunc.errors import InputError
from tests.data.sets.kitti_odometry.helpers import CALIBRATION, POSES, make_grey, write_sequences


@pytest.fixture
def root(tmp_path):
    return write_sequences(tmp_path)


def message(*arguments, **options) -> str:
    with pytest.raises(InputError) as caught:
        kitti_odometry(*arguments, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_sample_has_all_that_was_asked_for(root):
    data = FrameDataset(kitti_odometry(root, (-1, 1, "s"), sequences=[9]), (5, 10))
    assert len(data) == 1
    sample = data[0]
    assert [int(image.float().mean()) for image in (sample["image"], *sample["sources"])] == [10, 0, 20, 110]
    torch.testing.assert_close(sample["intrinsics"], torch.tensor([[50, 0, 4.75], [0, 50, 2.25], [0, 0, 1]]))
    assert "depth" not in sample
    before, after, other = sample["source_pose"].double().numpy()
    np.testing.assert_allclose(before[:3, 3], [0, 0, 1], atol=1e-6)  # what is ahead was farther a frame ago
    # Of camera 0, about which the car turns, (-0.12, 0, 5) before the turn is (-5, 0, -0.12) after it.
    np.testing.assert_allclose(after @ (-0.06, 0, 5, 1), [-4.94, 0, -0.12, 1], atol=1e-6)
    np.testing.assert_allclose(other[:3, 3], [-0.5, 0, 0], atol=1e-6)


def test_grey_sequences(root):
    """Cameras 0 and 1 by the rows P0 and P1; the poses are those of camera 0."""
    remarks = Remarks()
    data = FrameDataset(kitti_odometry(make_grey(root), (-1, 1, "s"), sequences=[9], remarks=remarks), (5, 10))
    sample = data[0]
    assert sample["image"].shape == (3, 5, 10)
    assert [int(image.float().mean()) for image in (sample["image"], *sample["sources"])] == [10, 0, 20, 110]
    torch.testing.assert_close(sample["intrinsics"], torch.tensor([[50, 0, 4.75], [0, 50, 2.25], [0, 0, 1]]))
    before, after, other = sample["source_pose"].double().numpy()
    np.testing.assert_allclose(before[:3, 3], [0, 0, 1], atol=1e-6)
    np.testing.assert_allclose(after @ (0, 0, 5, 1), [-5, 0, 0, 1], atol=1e-6)
    np.testing.assert_allclose(other[:3, 3], [-0.54, 0, 0], atol=1e-6)
    (line,) = remarks.lines("fact")
    assert line.endswith("there are none in colour (image_2, image_3): 1 ('09')")
    assert remarks.lines() == [line]


def test_colour_is_preferred_and_said_nothing_of(root):
    (root / "sequences" / "09" / "image_0").mkdir()
    remarks = Remarks()
    (frame,) = kitti_odometry(root, (-1, 1), sequences=[9], remarks=remarks)
    assert frame.image.path.parent.name == "image_2"
    assert remarks.lines() == []


def test_missing_poses_are_told_where_they_are_published(root):
    (root / "poses" / "09.txt").unlink()
    remarks = Remarks()
    kitti_odometry(root, (1,), sequences=[9, 11], remarks=remarks)
    assert remarks.lines() == [f"no file in '{root / 'poses'}', so their motion is unknown: 1 ('09')"]


def test_lines(root):
    frames = kitti_odometry(root, (1,), lines=["9 1 l", "", "09 000000 r"])
    assert [frame.image.name for frame in frames] == [
        str(odometry.image_path(root, "09", side, frame)) for side, frame in (("l", 1), ("r", 0))
    ]
    assert frames[0].sequence == "09"
    np.testing.assert_allclose(frames[1].source_pose[0][:3, 3], [0, 0, -1], atol=1e-12)
    line = "9 2 l"
    wanted = odometry.image_path(root, "09", "l", 3)
    assert message(root, (1,), lines=[line]) == f"split line 1 '{line}': no image '{wanted}' (or .jpg)"
    assert message(root, lines=["nine 2 l"]) == "split line 1 'nine 2 l' is not 'sequence frame side'"
    assert message(root, lines=[]).startswith("no frames of KITTI odometry of the split")


def test_unpublished_poses_are_unknown(root):
    frame, _ = kitti_odometry(root, (1,), sequences=["11"])
    assert np.isnan(frame.source_pose).all()


def test_poses_are_read_and_written(root, tmp_path):
    poses = odometry.read_poses(odometry.pose_path(root, "09"))
    assert poses.shape == (3, 4, 4)
    (tmp_path / "again.txt").write_text(odometry.format_poses(poses))
    np.testing.assert_array_equal(odometry.read_poses(tmp_path / "again.txt"), poses)


def test_damaged_poses(root):
    path = odometry.pose_path(root, "09")
    path.write_text(POSES + "1 0 0 0 0 1 0 0 0 0 1")
    assert message(root, (1,), sequences=[9]) == f"'{path}', line 4: a pose has 12 numbers, this has 11 words"
    path.write_text(POSES.replace("1 0 0 0 0 1", "2 0 0 0 0 1", 1))
    assert f"pose '{path}, line 1' is no rigid" in message(root, (1,), sequences=[9])
    path.write_text("\n".join(POSES.splitlines()[:2]))
    assert message(root, (1,), sequences=[9]) == f"'{path}' has 2 poses, but there is an image of frame 2"


def test_missing_files(root, tmp_path):
    path = root / "sequences" / "09" / "calib.txt"
    path.write_text(CALIBRATION.replace("P3", "P4"))
    assert len(kitti_odometry(root, (1,), sequences=[9])) == 2
    assert message(root, ("s",), sequences=[9]) == f"calibration '{path}' has no 'P3'; put KITTI's own file there"
    path.unlink()
    assert message(root, sequences=[9]).startswith(f"no calibration file '{path}'; ")
    expected = "unknown sequence of KITTI odometry '12' (choices: 09, 11)"
    assert message(root, sequences=[12]) == expected
    wanted = "data.root must be the folder of KITTI odometry that holds it"
    assert message(tmp_path / "poses", sequences=[9]) == f"no folder '{tmp_path / 'poses' / 'sequences'}'; {wanted}"


def test_images_of_several_shapes_in_a_sequence(root):
    """The calibration states no size: the first image that can be read decides."""
    first, second = (odometry.image_path(root, "09", "l", frame) for frame in (0, 1))
    Image.open(second).crop((0, 0, 10, 10)).save(second)
    data = FrameDataset(kitti_odometry(root, sequences=[9]), (5, 10))
    assert len(data) == 3
    with pytest.raises(InputError, match=rf"image '{second}' has 10x10 pixels, its camera makes 20x10"):
        data[1]
    first.write_bytes(b"")
    Image.new("RGB", (20, 10)).save(second)
    assert "cannot read image" in message(root, sequences=[9])
    data = FrameDataset(kitti_odometry(root, lines=["9 0 l", "9 1 l"], strict=False), (5, 10))
    with pytest.raises(InputError, match="the file is empty"):
        data[0]
    assert data[1]["intrinsics"][0, 0] == 50
