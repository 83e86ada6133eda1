"""Samples from a small KITTI tree made here, every promised message, and the real frames if at hand."""

from dataclasses import replace

import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

from gradunc.data.formats import kitti, kitti_files
from gradunc.data.image_files import load_image
from gradunc.data.recorded.frame_cache import CachedFrames
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.remarks import Remarks
from gradunc.data.sets.kitti.frames import kitti_raw
from gradunc.errors import InputError
from tests.data.kitti_helpers import CAMERAS, DRIVE, KITTI, needs_kitti, write_drive

SIZE = (5, 10)
FRAMES = 4


@pytest.fixture
def root(tmp_path):
    """One drive of four frames; the gray of an image is 10 * frame on the left and 100 more on the right."""
    return write_drive(tmp_path, FRAMES)


def dataset(root, **options) -> FrameDataset:
    return FrameDataset(kitti_raw(root, **options), SIZE)


def message(root, **options) -> str:
    with pytest.raises(InputError) as caught:
        kitti_raw(root, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def gray(images: torch.Tensor) -> list[int]:
    return [round(float(image.float().mean())) for image in images]


def test_a_sample_has_all_that_was_asked_for(root):
    data = dataset(root, frames=(-1, 1, "s"))
    assert len(data) == 2  # the first and the last frame lack a neighbour
    sample = data[1]
    assert gray(sample["image"][None]) == [20]
    assert sample["image"].shape == (3, *SIZE)
    assert gray(sample["sources"]) == [10, 30, 120]
    assert sample["sources"].shape == (3, 3, *SIZE)
    expected = torch.tensor([[50, 0, 4.75], [0, 50, 2.25], [0, 0, 1]])
    torch.testing.assert_close(sample["intrinsics"], expected)
    assert sample["source_pose"].shape == (3, 4, 4)
    assert sample["source_pose"][:2].isnan().all()
    assert sample["source_pose"].dtype == torch.float32
    assert sample["depth"].shape == (1, 10, 20)
    assert sample["depth"].nonzero().tolist() == [[0, 4, 10]]
    assert sample["depth"].max() == 10.25
    assert torch.equal(sample["valid"], sample["depth"] > 0)
    assert sample["index"].item() == 1
    assert sample["path"] == str(kitti_files.image_path(root, DRIVE, "l", 2))


@pytest.mark.parametrize(("camera", "shift"), [("l", -0.5), ("r", 0.5)])
def test_the_stereo_pose_has_the_sign_of_its_target(root, camera, shift):
    pose = dataset(root, frames=("s",), cameras=camera)[0]["source_pose"][0]
    expected = torch.eye(4)
    expected[0, 3] = shift
    torch.testing.assert_close(pose, expected)


def test_the_truth_is_of_the_target_camera_and_axis(root):
    assert dataset(root, cameras="r")[0]["depth"].nonzero().tolist() == [[0, 4, 5]]
    assert dataset(root, depth="laser_x")[0]["depth"].max() == 10.25
    assert dataset(root)[0]["depth"].max() == 10


def test_absent_keys_are_absent(root):
    for scan in root.rglob("*.bin"):
        scan.unlink()
    (root / "2011_09_26" / kitti.VELODYNE_FILE).unlink()
    data = dataset(root, truth="none")
    assert len(data) == FRAMES
    assert set(data[0]) == {"image", "intrinsics", "index", "path", "scene"}


def test_both_cameras(root):
    data = dataset(root, cameras=("l", "r"))
    assert [gray(data[i]["image"][None])[0] for i in range(len(data))] == [0, 10, 20, 30, 100, 110, 120, 130]


def test_split_lines_keep_their_order_and_may_be_padded(root):
    data = dataset(root, lines=[f"{DRIVE} 0000000002 r\n", "", f"{DRIVE} 1 l"], frames=("s",))
    assert [gray(data[i]["image"][None])[0] for i in range(len(data))] == [120, 10]
    assert data[0]["source_pose"][0, 0, 3] == pytest.approx(0.5)
    assert data[1]["source_pose"][0, 0, 3] == pytest.approx(-0.5)
    assert data[-1]["index"].item() == 1


def test_batches(root):
    batch = next(iter(DataLoader(dataset(root, frames=(1, "s")), batch_size=3)))
    assert batch["sources"].shape == (3, 2, 3, *SIZE)
    assert batch["index"].tolist() == [0, 1, 2]
    assert len(batch["path"]) == 3


def test_jpeg_copies_of_another_size_keep_the_calibration(root):
    """People store KITTI as smaller JPEGs; calibration and scans are still those of the full images."""
    for path in root.rglob("*.png"):
        Image.open(path).resize((10, 5)).save(path.with_suffix(".jpg"))
        path.unlink()
    sample = dataset(root)[0]
    assert sample["path"].endswith(".jpg")
    assert sample["depth"].shape == (1, 10, 20)
    assert sample["intrinsics"][0, 0] == 50


def test_a_line_without_its_files_is_named(root):
    wanted = kitti_files.image_path(root, DRIVE, "l", 7)
    line = f"{DRIVE} 7 l"
    assert message(root, lines=[f"{DRIVE} 0 l", line]) == f"split line 2 '{line}': no image '{wanted}' (or .jpg)"
    wanted = kitti_files.image_path(root, DRIVE, "r", 4)
    line = f"{DRIVE} 3 r"
    assert message(root, lines=[line], frames=(1,)) == f"split line 1 '{line}': no image '{wanted}' (or .jpg)"


@pytest.mark.parametrize("line", ["drive 1 l", f"{DRIVE} 1", f"{DRIVE} one l", f"{DRIVE} 1 l more"])
def test_a_malformed_line_is_named(root, line):
    assert message(root, lines=[line]) == f"split line 1 '{line}' is not 'date/drive frame side'"


def test_unknown_sides_and_frames(root):
    line = f"{DRIVE} 1 x"
    assert message(root, lines=[line]) == f"split line 1 '{line}': the side 'x' of KITTI is neither 'l' nor 'r'"
    assert message(root, cameras="lx") == "cameras: the side 'x' of KITTI is neither 'l' nor 'r'"
    assert message(root, frames=(0,)) == "frame 0 is neither 's' nor an integer other than 0"
    assert message(root, frames=("t",)) == "frame 't' is neither 's' nor an integer other than 0"


def test_nothing_to_be_found(root, tmp_path):
    assert message(tmp_path / "no") == f"no KITTI folder '{tmp_path / 'no'}'"
    assert message(root, lines=["  "]) == "the split of KITTI has no lines"
    expected = f"no frames of KITTI with cameras ['l'] and frames [9] in '{root}'"
    assert message(root, frames=(9,)) == expected


def test_missing_scans_name_the_way_out(root):
    scan = kitti_files.velodyne_path(root, DRIVE, 1)
    scan.unlink()
    line = f"{DRIVE} 1 l"
    hint = "without true depth set data.kitti.truth=none"
    assert message(root, lines=[line]) == f"split line 1 '{line}': no Velodyne file '{scan}'; {hint}"
    remarks = Remarks()
    assert len(kitti_raw(root, remarks=remarks)) == FRAMES - 1
    assert remarks.lines() == [f"of {FRAMES} frames those without true depth are left out: 1 ('{DRIVE} 1 l')"]
    for other in root.rglob("*.bin"):
        other.unlink()
    assert message(root) == f"no Velodyne file '{kitti_files.velodyne_path(root, DRIVE, 0)}'; {hint}"


def test_missing_calibration(root):
    path = root / "2011_09_26" / kitti.CAMERA_FILE
    path.write_text("\n".join(line for line in CAMERAS.splitlines() if "P_rect_03" not in line))
    assert len(dataset(root)) == FRAMES
    assert message(root, frames=("s",)).startswith(f"calibration '{path}' has no 'P_rect_03'; ")
    path.unlink()
    assert message(root).startswith(f"no calibration file '{path}'; ")


@needs_kitti
@pytest.mark.parametrize(("frames", "count"), [((), 10), (("s",), 10), ((-1, 1), 8), ((-1, 1, "s"), 8), ((-2, 3), 5)])
@pytest.mark.parametrize("cameras", ["l", "lr"])
def test_the_real_frames_in_all_modes(frames, count, cameras):
    data = FrameDataset(kitti_raw(KITTI, frames, cameras=cameras), (64, 224))
    assert len(data) == count * len(cameras)
    sample = data[-1]
    assert sample["depth"].shape == (1, 375, 1242)
    assert 0.03 < sample["valid"].float().mean() < 0.06
    assert sample["intrinsics"][0, 0] == pytest.approx(721.5377 * 224 / 1242, rel=1e-6)
    assert sample.get("sources", torch.zeros(0)).shape[0] == len(frames)


@needs_kitti
def test_the_real_stereo_pose_aligns_the_real_images():
    """The right image warped by scan and pose is much nearer to the left one than with the sign turned."""
    sample = FrameDataset(kitti_raw(KITTI, ("s",)), (375, 1242))[4]
    rows, columns = sample["valid"][0].nonzero(as_tuple=True)
    depth = sample["depth"][0, rows, columns]
    shift = sample["intrinsics"][0, 0] * sample["source_pose"][0, 0, 3] / depth

    def error(columns_in_source):
        inside = (columns_in_source >= 0) & (columns_in_source < 1242)
        there = sample["sources"][0][:, rows[inside], columns_in_source[inside]].float()
        return float((sample["image"][:, rows[inside], columns[inside]].float() - there).abs().median())

    assert error((columns + shift).round().long()) < 0.7 * error(columns)
    assert error((columns + shift).round().long()) < 0.5 * error((columns - shift).round().long())


@needs_kitti
def test_the_real_image_is_resized_once():
    expected = load_image(kitti_files.image_path(KITTI, DRIVE, "l", 0), (64, 224))
    assert torch.equal(FrameDataset(kitti_raw(KITTI), (64, 224))[0]["image"], expected)


def test_missing_files_may_be_left_to_the_reading(root):
    """Under data.on_error=skip, which counts what cannot be read."""
    scan = kitti_files.velodyne_path(root, DRIVE, 1)
    scan.unlink()
    data = dataset(root, lines=[f"{DRIVE} 0 l", f"{DRIVE} 1 l", f"{DRIVE} 9 l"], strict=False)
    assert len(data) == 3
    assert data[0]["depth"].max() == 10
    with pytest.raises(InputError, match=r"Velodyne file '.*' does not exist"):
        data[1]
    with pytest.raises(InputError, match=r"0000000009\.png' does not exist"):
        data[2]


def test_images_of_another_shape_than_the_calibration(root, tmp_path):
    """Cropped frames would be compared with truth of the whole ones; resized ones are right. 20x10 is calibrated."""
    view = kitti_files.image_path(root, DRIVE, "l", 0)
    Image.open(view).crop((1, 2, 19, 10)).save(view)
    half = kitti_files.image_path(root, DRIVE, "l", 1)
    Image.open(half).resize((10, 5)).save(half)
    other = kitti_files.image_path(root, DRIVE, "r", 1)
    Image.open(other).crop((0, 0, 10, 10)).save(other)
    expected = f"image '{view}' has 18x8 pixels, its camera makes 20x10: another shape"
    for about in ((10, 20), SIZE):  # published intrinsics are about the size of the network
        data = FrameDataset([replace(frame, native_size=about) for frame in kitti_raw(root)], SIZE)
        with pytest.raises(InputError, match=expected):
            data[0]
        assert data[1]["image"].float().mean() == 10
        cached = CachedFrames(data, tmp_path / "cache")
        with pytest.raises(InputError, match=expected):
            cached.prepare(progress=False)
        with pytest.raises(InputError, match=expected):
            cached[0]
    with pytest.raises(InputError, match="has 10x10 pixels, its camera makes 20x10"):
        FrameDataset(kitti_raw(root, ("s",)), SIZE)[1]
