"""Folders made here are read back exactly; every mistake in them is named."""

import json
import pickle

import numpy as np
import pytest
import torch
from PIL import Image

from gradunc.data.recorded.division import Division
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.sets.folder.files import find_sequences, has_truth
from gradunc.data.sets.folder.frames import folder_frames
from gradunc.data.sets.folder.settings import FolderSettings
from gradunc.errors import InputError
from tests.data.sets.folder.helpers import CAMERA, SIZE, gray, write_sequence

ALL = Division(1, 0, 0)
MILLIMETRES = FolderSettings(depth_scale=1000)


def grays(images: torch.Tensor) -> list[int]:
    assert images.dtype == torch.uint8
    return [int(image[0, 0, 0]) for image in images]


def message(root, frames=(), options=FolderSettings(), division=ALL, split="train") -> str:  # noqa: B008 - frozen
    with pytest.raises(InputError) as caught:
        folder_frames(root, split, frames, options, division)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("suffix", [".png", ".npy", ".exr"])
def test_samples_of_supervised_training(tmp_path, suffix):
    write_sequence(tmp_path, depth=suffix)
    data = FrameDataset(folder_frames(tmp_path, "train", (), MILLIMETRES, ALL), SIZE)
    assert len(data) == 5
    for i in range(5):
        sample = data[i]
        assert grays(sample["image"][None]) == [10 * i]
        expected = torch.full((1, *SIZE), (1000 + i) / 1000)
        expected[0, 0, 0] = 0
        assert sample["depth"].equal(expected)
        assert sample["valid"].equal(expected > 0)
        assert "sources" not in sample
        assert "intrinsics" not in sample


def test_samples_of_self_supervised_training_in_the_order_of_numbers(tmp_path):
    write_sequence(tmp_path, camera=CAMERA)
    data = FrameDataset(folder_frames(tmp_path, "train", (-1, 2), FolderSettings(), ALL), (12, 16))
    assert [grays(data[i]["image"][None]) for i in range(len(data))] == [[10], [20]]
    sample = data[0]
    assert grays(sample["sources"]) == [0, 30]
    assert sample["source_pose"].isnan().all()
    # Half the size: u' = (u + 0.5) / 2 - 0.5.
    assert sample["intrinsics"].tolist() == [[20, 0, 7.5], [0, 20, 5.5], [0, 0, 1]]
    assert "depth" not in sample
    copy = pickle.loads(pickle.dumps(data))  # as it goes to a loading process
    assert copy[1]["sources"].equal(data[1]["sources"])


def test_intrinsics_of_larger_images_and_a_focal_length(tmp_path):
    double = {"fx": 80, "fy": 80, "cx": 31.5, "cy": 23.5, "width": 64, "height": 48}
    one = folder_frames(write_sequence(tmp_path / "a", camera=double), "train", (), FolderSettings(), ALL)
    two = folder_frames(write_sequence(tmp_path / "b"), "train", (), FolderSettings(focal=40), ALL)
    expected = [[40, 0, 15.5], [0, 40, 11.5], [0, 0, 1]]
    assert FrameDataset(one, SIZE)[0]["intrinsics"].tolist() == expected
    assert FrameDataset(two, SIZE)[0]["intrinsics"].tolist() == expected


def test_sequences_keep_to_themselves_and_have_their_own_cameras(tmp_path):
    write_sequence(tmp_path / "day" / "one", 3, camera={**CAMERA, "fx": 41})
    write_sequence(tmp_path / "two", 4, first=100)
    (tmp_path / "intrinsics.json").write_text(json.dumps(CAMERA))
    assert list(find_sequences(tmp_path)) == ["day/one", "two"]
    frames = folder_frames(tmp_path, "train", (-1, 1), FolderSettings(), ALL)
    data = FrameDataset(frames, SIZE)
    assert [frame.sequence for frame in frames] == ["day/one", "two", "two"]
    assert [grays(data[i]["image"][None])[0] for i in range(3)] == [10, 110, 120]
    assert [grays(data[i]["sources"]) for i in range(3)] == [[0, 20], [100, 120], [110, 130]]
    assert [float(data[i]["intrinsics"][0, 0]) for i in range(3)] == [41, 40, 40]
    listed = folder_frames(tmp_path, "test", (), FolderSettings(), Division([], [], ["two"]))
    assert {frame.sequence for frame in listed} == {"two"}


def test_links_that_lead_back_end(tmp_path):
    write_sequence(tmp_path / "set" / "one")
    (tmp_path / "set" / "again").symlink_to(tmp_path / "set")
    assert len(find_sequences(tmp_path / "set")) == 1


def test_the_root_is_named_after_its_folder(tmp_path, monkeypatch):
    write_sequence(tmp_path / "kitchen")
    monkeypatch.chdir(tmp_path / "kitchen")
    assert list(find_sequences(tmp_path.__class__())) == ["kitchen"]


def test_poses_give_the_motion_to_the_sources(tmp_path):
    write_sequence(tmp_path, 3, camera=CAMERA)
    lines = [f"1 0 0 {x} 0 1 0 0 0 0 1 0" for x in (0, 0.25, 1)]  # the camera moves to the right
    (tmp_path / "poses.txt").write_text("\n".join(lines))
    sample = FrameDataset(folder_frames(tmp_path, "train", (-1, 1), FolderSettings(), ALL), SIZE)[0]
    # What stands at x in the middle camera stands 0.25 further right from the one before.
    assert sample["source_pose"][:, :3, 3].tolist() == [[0.25, 0, 0], [-0.75, 0, 0]]


def test_phone_pictures_stand_upright(tmp_path):
    (tmp_path / "images").mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6
    gray(5, (32, 24)).save(tmp_path / "images" / "a.jpg", exif=exif)  # stored 32 rows, shown 24
    (tmp_path / "intrinsics.json").write_text(json.dumps(CAMERA))
    assert folder_frames(tmp_path, "train", (), FolderSettings(), ALL)[0].native_size == SIZE


def test_truth_can_be_left_away(tmp_path):
    write_sequence(tmp_path, depth=".png")
    assert has_truth(tmp_path)
    frames = folder_frames(tmp_path, "train", (), FolderSettings(ground_truth=False), ALL)
    assert all(frame.truth is None for frame in frames)


def test_messages_about_folders(tmp_path):
    assert "is no folder" in message(tmp_path / "none")
    assert f"no folder 'images' in '{tmp_path}'" in message(tmp_path)
    gray(1).save(tmp_path / "a.png")
    assert f"move the images in it to '{tmp_path / 'images'}'" in message(tmp_path)
    (tmp_path / "images").mkdir()
    assert f"no images in '{tmp_path / 'images'}' (suffixes: .avif, .bmp" in message(tmp_path)
    gray(1).save(tmp_path / "images" / "a.png")
    gray(1).save(tmp_path / "images" / "a.jpg")
    assert "two files of one name" in message(tmp_path)
    (tmp_path / "images" / "a.jpg").unlink()
    (tmp_path / "images" / "a.png").write_bytes(b"rubbish")
    assert "cannot read image" in message(tmp_path)


def test_messages_about_frames(tmp_path):
    write_sequence(tmp_path, 2)
    assert "photometric training needs the camera" in message(tmp_path, (-1, 1))
    assert "data.folder.focal" in message(tmp_path, (1,))
    focal = FolderSettings(focal=40)
    assert message(tmp_path, (-1, 1), focal).endswith(
        "has all the neighbours [-1, 1]: it needs a sequence of 3 images; add images, or set data.division with a "
        "larger share for train"
    )
    assert "the source view 's' must be a neighbour" in message(tmp_path, ("s",), focal)
    assert "the val split is empty" in message(tmp_path, (), focal, split="val")


def test_messages_about_cameras(tmp_path):
    write_sequence(tmp_path, camera={**CAMERA, "width": 32, "height": 32})
    assert "is about 32x32 pixels, the images" in message(tmp_path)
    (tmp_path / "intrinsics.json").write_text(json.dumps(CAMERA))
    assert "data.folder.focal=40 contradicts" in message(tmp_path, options=FolderSettings(focal=40))
    (tmp_path / "poses.txt").write_text("1 0 0 0 0 1 0 0 0 0 1 0\n")
    assert "1 poses for 5 images" in message(tmp_path)


def test_messages_about_depth(tmp_path):
    write_sequence(tmp_path, depth=".png")
    assert "state data.folder.depth_scale" in message(tmp_path)
    assert "wrong unit; set data.folder.depth_scale" in message(tmp_path, options=FolderSettings(depth_scale=0.5))
    first = tmp_path / "depth" / "im8.png"
    Image.fromarray(np.full(SIZE, 1000, np.uint16)).resize((24, 24)).save(first)
    assert "is about 24x24 pixels, its image has 32x24" in message(tmp_path, options=MILLIMETRES)
    Image.new("L", (32, 24), 7).save(first)
    assert "8 bits" in message(tmp_path, options=MILLIMETRES)
    first.rename(tmp_path / "depth" / "im8_depth.png")
    text = message(tmp_path, options=MILLIMETRES)
    assert "no depth for 1 of 5 images" in text
    assert "holds no 'im8.png', .npy or .exr, but 'im8_depth.png'" in text
    assert "data.folder.ground_truth=false" in text


def test_nan_in_a_later_file_shows_when_it_is_read(tmp_path):
    write_sequence(tmp_path, depth=".npy")
    np.save(tmp_path / "depth" / "im10.npy", np.full(SIZE, np.nan, np.float32))
    frames = folder_frames(tmp_path, "train", (), FolderSettings(), ALL)
    with pytest.raises(InputError, match="NaN or infinite in 768 of 768 pixels; write 0"):
        FrameDataset(frames, SIZE)[2]
    known = np.full(SIZE, 2, np.float32)
    known[3] = np.nan
    np.save(tmp_path / "depth" / "im10.npy", known)
    sample = FrameDataset(folder_frames(tmp_path, "train", (), FolderSettings(nan_is_unknown=True), ALL), SIZE)[2]
    assert int(sample["valid"].sum()) == 23 * 32


def empty_image(root, i):
    (root / "images" / f"im{i + 8}.png").write_bytes(b"")


def cut_image(root, i):
    path = root / "images" / f"im{i + 8}.png"
    path.write_bytes(path.read_bytes()[:20])


def turned_image(root, i):
    gray(1, (32, 24)).save(root / "images" / f"im{i + 8}.png")


def depth_of_8_bits(root, i):
    Image.new("L", (32, 24), 7).save(root / "depth" / f"im{i + 8}.png")


def missing_depth(root, i):
    (root / "depth" / f"im{i + 8}.png").unlink()


def depth_of_another_shape(root, i):
    Image.fromarray(np.full((24, 24), 1000, np.uint16)).save(root / "depth" / f"im{i + 8}.png")


DAMAGES = (empty_image, cut_image, turned_image, depth_of_8_bits, missing_depth, depth_of_another_shape)


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_to_the_first_frames_is_left_to_their_loading(tmp_path, damage):
    """Under data.on_error=skip, which reports what cannot be loaded."""
    write_sequence(tmp_path, 6, camera=CAMERA, depth=".png")
    for i in range(4):
        damage(tmp_path, i)
    data = FrameDataset(folder_frames(tmp_path, "train", (), MILLIMETRES, ALL, strict=False), SIZE)
    assert len(data) == 6
    for i in range(4):
        with pytest.raises(InputError, match=f"im{i + 8}.png"):
            data[i]
    assert [data[i]["intrinsics"].tolist() for i in (4, 5)] == [[[40, 0, 15.5], [0, 40, 11.5], [0, 0, 1]]] * 2
    for i in (4, 5):
        damage(tmp_path, i)
    with pytest.raises(InputError):
        folder_frames(tmp_path, "train", (), MILLIMETRES, ALL, strict=False)


def test_a_whole_damaged_sequence_beside_a_good_one(tmp_path):
    for name in "ab":
        write_sequence(tmp_path / name, 3)
    for i in range(3):
        empty_image(tmp_path / "a", i)
    options = FolderSettings(focal=40)
    data = FrameDataset(folder_frames(tmp_path, "train", (), options, ALL, strict=False), SIZE)
    for i in range(3):
        with pytest.raises(InputError, match="the file is empty"):
            data[i]
        assert grays(data[3 + i]["image"][None]) == [10 * i]


def test_images_of_several_shapes_in_a_sequence(tmp_path):
    """Turned by 90 degrees: an error when it is loaded; half the size is a resize, and right."""
    write_sequence(tmp_path)
    turned_image(tmp_path, 3)
    gray(40, (12, 16)).save(tmp_path / "images" / "im12.png")
    data = FrameDataset(folder_frames(tmp_path, "train", (), FolderSettings(focal=40), ALL), SIZE)
    with pytest.raises(InputError) as caught:
        data[3]
    assert str(caught.value) == (
        f"image '{tmp_path / 'images' / 'im11.png'}' has 24x32 pixels, its camera makes 32x24: another shape, so it "
        "was cropped or turned, or is of another camera; take the original file or remove it"
    )
    assert grays(data[4]["image"][None]) == [40]
    assert data[4]["intrinsics"].equal(data[0]["intrinsics"])


def test_what_one_scene_is(tmp_path):
    for name in ("mall/left", "mall/right", "park"):
        (tmp_path / name).mkdir(parents=True)
        write_sequence(tmp_path / name)

    def scenes(options: FolderSettings) -> set[str]:
        data = FrameDataset(folder_frames(tmp_path, "train", (), options, ALL), SIZE)
        return {str(data[number]["scene"]) for number in range(len(data))}

    assert scenes(FolderSettings()) == {"mall/left", "mall/right", "park"}
    assert scenes(FolderSettings(scenes="first_folder")) == {"mall", "park"}
