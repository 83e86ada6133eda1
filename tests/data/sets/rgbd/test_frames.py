"""TUM and 7-Scenes folders made here are read back exactly; every mistake in them is named."""

import pickle

import numpy as np
import pytest
import torch
from PIL import Image

from gradunc.data.recorded.division import Division
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.sets.rgbd.frames import camera_matrix, rgbd_frames
from gradunc.data.sets.rgbd.settings import RgbdSettings
from gradunc.errors import InputError

SIZE = (24, 32)
ALL = Division(1, 0, 0)
THREE = Division(0.6, 0.2, 0.2)
CAMERA = RgbdSettings(intrinsics=(40, 41, 15.5, 11.5))


def pose(i: int) -> np.ndarray:
    """The camera walks i/8 m to the right and i m ahead."""
    matrix = np.eye(4)
    matrix[:3, 3] = (i / 8, 0, i)
    return matrix


def stored_depth(i: int, unknown: int, per_metre: int) -> np.ndarray:
    """1 + i/10 m, one pixel unknown."""
    stored = np.full(SIZE, round(per_metre * (1 + i / 10)), np.uint16)
    stored[2, 3] = unknown
    return stored


def gray(i: int, size=SIZE) -> Image.Image:
    return Image.new("RGB", (size[1], size[0]), (10 * i,) * 3)


def write_seven_scenes(folder, count=10, *, suffix="png", size=SIZE, calibration=True):
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        gray(i, size).save(folder / f"frame-{i:06d}.color.{suffix}")
        Image.fromarray(stored_depth(i, 65535, 1000)).save(folder / f"frame-{i:06d}.depth.png")
        np.savetxt(folder / f"frame-{i:06d}.pose.txt", pose(i))
    if calibration:
        np.savetxt(folder / "camera-intrinsics.txt", [[40, 0, 15.5], [0, 41, 11.5], [0, 0, 1]])
    return folder


def write_tum(folder, count=10):
    """Depth is 5 ms late and poses come every 5 ms; an image without depth and depth without image are in between."""
    for name in ("rgb", "depth"):
        (folder / name).mkdir(parents=True)
    images, depths, poses = ["# colour"], ["# depth", "99.5 depth/none.png"], ["# poses"]
    for i in range(count):
        gray(i).save(folder / "rgb" / f"{i}.png")
        Image.fromarray(stored_depth(i, 0, 5000)).save(folder / "depth" / f"{i}.png")
        images += [f"{100 + i:.3f} rgb/{i}.png", f"{100.5 + i:.3f} rgb/no_depth.png"]
        depths.append(f"{100.005 + i:.3f} depth/{i}.png")
        for step in (-1, 0, 1):
            x, _, z = pose(i)[:3, 3] + step
            poses.append(f"{100 + i + 0.005 * step:.3f} {x} {0.0} {z} 0 0 0 1")
    for name, lines in (("rgb", images), ("depth", depths), ("groundtruth", poses)):
        (folder / f"{name}.txt").write_text("\n".join(lines))
    return folder


WRITERS = {"7scenes": write_seven_scenes, "tum": write_tum}


def grays(images: torch.Tensor) -> list[int]:
    assert images.dtype == torch.uint8
    return [int(image[0, 0, 0]) // 10 for image in images]


def message(root, frames=(), options=CAMERA, division=ALL, split="train") -> str:
    with pytest.raises(InputError) as caught:
        rgbd_frames(root, split, frames, options, division)
    assert "\n" not in str(caught.value)
    return str(caught.value)


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
    assert set(sample) == {"image", "index", "path", "intrinsics", "depth", "valid"}
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
        assert "no file" in message(root)
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
def test_a_pose_that_is_none(tmp_path, caplog, content, text):
    """A mistake in the file: an error, or under data.on_error=skip an unknown motion."""
    root = write_seven_scenes(tmp_path, 4)
    (root / "frame-000001.pose.txt").write_text(content)
    found = message(root, (1,))
    assert text in found
    assert str(root / "frame-000001.pose.txt") in found
    assert found.endswith("without known motion set data.rgbd.poses=false")
    assert len(rgbd_frames(root, "train", (), CAMERA, ALL)) == 4
    assert known_motions(rgbd_frames(root, "train", (1,), CAMERA, ALL, strict=False)) == [False, False, True]
    assert "1 of 4 poses are missing or NaN" in caplog.text


def known_motions(frames) -> list[bool]:
    assert all(np.isfinite(frame.source_pose).all() or np.isnan(frame.source_pose).all() for frame in frames)
    return [bool(np.isfinite(frame.source_pose).all()) for frame in frames]


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("value", [None, np.nan, -np.inf])
def test_single_poses_that_are_unknown(tmp_path, caplog, value, strict):
    """Missing, or written as NaN where the recording lost track: the images and depth maps are good all the same."""
    root = write_seven_scenes(tmp_path, 5)
    for i in (1, 2):
        np.savetxt(root / f"frame-{i:06d}.pose.txt", np.full((4, 4), value or 0.0))
        if value is None:
            (root / f"frame-{i:06d}.pose.txt").unlink()
    frames = rgbd_frames(root, "train", (1,), CAMERA, ALL, strict=strict)
    assert known_motions(frames) == [False, False, False, True]
    assert [record.message for record in caplog.records] == [
        "2 of 5 poses are missing or NaN: the motion from and to these images is unknown"
    ]
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
    with pytest.raises(InputError, match="cannot read image"):
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
    assert f"no file '{root / 'groundtruth.txt'}'" in message(root, (1,))


def test_lists_of_other_recordings(tmp_path):
    root = write_tum(tmp_path, 2)
    (root / "depth.txt").write_text("5.0 depth/0.png\n")
    assert "has depth within 0.02 s in depth.txt" in message(root)
    (root / "depth.txt").write_text("100.0 depth/lost.png\n")
    assert f"no file '{root / 'depth' / 'lost.png'}'" in message(root)
