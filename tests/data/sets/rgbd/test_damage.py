"""Damaged depth, poses and images are named, or left to their loading."""

import numpy as np
import pytest
import torch
from PIL import Image

from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.remarks import Remarks
from gradunc.data.sets.rgbd.frames import rgbd_frames
from gradunc.data.sets.rgbd.settings import RgbdSettings
from gradunc.errors import InputError
from tests.data.sets.rgbd.helpers import ALL, CAMERA, SIZE, WRITERS, gray, grays, message, write_seven_scenes, write_tum


def test_depth_of_another_unit(tmp_path):
    """TUM's 5000 read as if it were millimetres of a far scene, and millimetres read as metres."""
    root = write_seven_scenes(tmp_path, 2)
    text = message(root, options=RgbdSettings(intrinsics=CAMERA.intrinsics, depth_scale=1))
    assert "is 1e+03 m on average, not 0.1 to 20 m: wrong unit" in text
    assert text.endswith("set data.rgbd.depth_scale (units per metre of a PNG, now 1)")


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        (np.full(SIZE, 7, np.uint8), "(8 bits), not of 16-bit gray"),
        (np.zeros(SIZE, np.uint16), "has no known pixel"),
        (np.full(SIZE, 65535, np.uint16), "has no known pixel"),
        (None, "no depth file"),
    ],
)
def test_bad_depth(tmp_path, stored, text):
    root = write_seven_scenes(tmp_path, 1)
    file = root / "frame-000000.depth.png"
    file.unlink()
    if stored is not None:
        Image.fromarray(stored).save(file)
    found = message(root)
    assert text in found
    assert str(file) in found


def test_one_bad_depth_map_shows_when_its_turn_comes(tmp_path):
    """What becomes of it is decided by data.on_error; with all of the first ones bad there is no use in waiting."""
    root = write_seven_scenes(tmp_path, 4)
    for i in range(3):
        data = FrameDataset(rgbd_frames(root, "train", (), CAMERA, ALL), SIZE)
        Image.fromarray(np.zeros(SIZE, np.uint16)).save(root / f"frame-{i:06d}.depth.png")
        with pytest.raises(InputError, match="has no known pixel"):
            data[i]
        assert "depth" in data[3]
    assert "frame-000000.depth.png' has no known pixel" in message(root)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (" ".join(["2"] * 16), "is no rigid camera-to-world matrix"),
        ("1 2 3", "has 3 numbers, not 16"),
        ("lost", "holds something else than numbers"),
    ],
)
def test_a_pose_that_is_none(tmp_path, content, text):
    """A mistake in the file: an error, or under data.on_error=skip an unknown motion."""
    root = write_seven_scenes(tmp_path, 4)
    (root / "frame-000001.pose.txt").write_text(content)
    found = message(root, (1,))
    assert text in found
    assert str(root / "frame-000001.pose.txt") in found
    assert found.endswith("without known motion set data.rgbd.poses=false")
    assert len(rgbd_frames(root, "train", (), CAMERA, ALL)) == 4
    remarks = Remarks()
    frames = rgbd_frames(root, "train", (1,), CAMERA, ALL, strict=False, remarks=remarks)
    assert known_motions(frames) == [False, False, True]
    (line,) = remarks.lines()
    assert line.startswith("of 4 poses, missing or NaN ones leave")
    assert line.endswith(f": 1 ('{root / 'frame-000001.color.png'}')")


def known_motions(frames) -> list[bool]:
    assert all(np.isfinite(frame.source_pose).all() or np.isnan(frame.source_pose).all() for frame in frames)
    return [bool(np.isfinite(frame.source_pose).all()) for frame in frames]


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("value", [None, np.nan, -np.inf])
def test_single_poses_that_are_unknown(tmp_path, value, strict):
    """Missing, or written as NaN where the recording lost track: the images and depth maps are good all the same."""
    root = write_seven_scenes(tmp_path, 5)
    for i in (1, 2):
        np.savetxt(root / f"frame-{i:06d}.pose.txt", np.full((4, 4), value or 0.0))
        if value is None:
            (root / f"frame-{i:06d}.pose.txt").unlink()
    remarks = Remarks()
    frames = rgbd_frames(root, "train", (1,), CAMERA, ALL, strict=strict, remarks=remarks)
    assert known_motions(frames) == [False, False, False, True]
    (line,) = remarks.lines()
    assert line.startswith("of 5 poses, missing or NaN ones leave the motion from and to their images unknown: 2 (")
    for i in (0, 3, 4):
        (root / f"frame-{i:06d}.pose.txt").unlink()
    with pytest.raises(InputError, match=r"no pose file|NaN or infinite"):
        rgbd_frames(root, "train", (1,), CAMERA, ALL, strict=strict)


DAMAGE = [(layout, damage) for layout in WRITERS for damage in ("image", "depth", "missing depth", "8 bits")]
"""Of 7-Scenes no image can be missing: the images themselves say which frames there are."""
DAMAGE += [(layout, "missing image") for layout in WRITERS if layout != "7scenes"]


@pytest.mark.parametrize(("layout", "damage"), DAMAGE)
def test_damage_to_the_first_frames_is_left_to_their_loading(tmp_path, layout, damage):
    """Under data.on_error=skip; more of them than the look at the first depth maps takes."""
    root = WRITERS[layout](tmp_path, 6)
    for i in range(4):
        names = {"7scenes": (f"frame-{i:06d}.color.png", f"frame-{i:06d}.depth.png")}
        image, depth = (root / name for name in names.get(layout, (f"rgb/{i}.png", f"depth/{i}.png")))
        path = image if "image" in damage else depth
        path.write_bytes(b"")
        if "missing" in damage:
            path.unlink()
        if damage == "8 bits":
            Image.fromarray(np.full(SIZE, 7, np.uint8)).save(path)
    data = FrameDataset(rgbd_frames(root, "train", (), CAMERA, ALL, strict=False), SIZE)
    assert len(data) == 6
    for i in range(4):
        with pytest.raises(InputError):
            data[i]
    assert grays(torch.stack([data[i]["image"] for i in (4, 5)])) == [4, 5]
    for path in root.rglob("*.png"):
        path.write_bytes(b"")
    with pytest.raises(InputError, match=r"cannot read image|image '.*' does not exist"):
        rgbd_frames(root, "train", (), CAMERA, ALL, strict=False)


def test_images_and_depth_of_another_shape(tmp_path):
    """Turned images in the middle of a recording; half the size is a resize, and right."""
    root = write_seven_scenes(tmp_path, 4)
    gray(1, (32, 24)).save(root / "frame-000001.color.png")
    gray(2, (12, 16)).save(root / "frame-000002.color.png")
    Image.fromarray(np.full((24, 24), 1000, np.uint16)).save(root / "frame-000003.depth.png")
    data = FrameDataset(rgbd_frames(root, "train", (), CAMERA, ALL), SIZE)
    with pytest.raises(InputError, match=r"frame-000001.color.png' has 24x32 pixels, its camera makes 32x24: another"):
        data[1]
    assert grays(data[2]["image"][None]) == [2]
    with pytest.raises(InputError, match=r"frame-000003.depth.png' is about 24x24 pixels, its image has 32x24"):
        data[3]
    with pytest.raises(InputError, match="24x32 pixels"):
        FrameDataset(rgbd_frames(root, "train", (1,), CAMERA, ALL), SIZE)[0]  # as a source, too


def test_trajectory_with_holes(tmp_path):
    root = write_tum(tmp_path, 4)
    lines = (root / "groundtruth.txt").read_text().splitlines()
    (root / "groundtruth.txt").write_text("\n".join(line for line in lines if not line.startswith(("101.99", "102"))))
    assert known_motions(rgbd_frames(root, "train", (1,), CAMERA, ALL)) == [True, False, False]
    (root / "groundtruth.txt").write_text("9 0 0 0 0 0 0 1")
    assert "has no pose within 0.02 s of '0.png'" in message(root, (1,))
    (root / "groundtruth.txt").unlink()
    assert f"'{root / 'groundtruth.txt'}' does not exist" in message(root, (1,))


def test_lists_of_other_recordings(tmp_path):
    root = write_tum(tmp_path, 2)
    (root / "depth.txt").write_text("5.0 depth/0.png\n")
    assert "has depth within 0.02 s in depth.txt" in message(root)
    (root / "depth.txt").write_text("100.0 depth/lost.png\n")
    assert f"no file '{root / 'depth' / 'lost.png'}'" in message(root)
