"""Damaged files and lists are named, or left to their loading."""

import h5py
import numpy as np
import pytest
from PIL import Image

from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.sets.nyu.frames import nyu_frames
from gradunc.data.sets.nyu.settings import NyuSettings
from gradunc.errors import InputError
from tests.data.formats.nyu_files import (
    SIZE,
    depth,
    image,
    write_fastdepth,
)
from tests.data.sets.nyu.helpers import assert_sample, data, lists, message


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (1000 * depth(0), "is 1.5e+03 m on average, not 0.1 to 20 m: wrong unit; set data.root to the published files"),
        (0 * depth(0), "has no known pixel"),
        (np.nan * depth(0), "is NaN or infinite in 48 of 48 pixels"),
    ],
)
def test_bad_depth(fastdepth, values, text):
    for path in (fastdepth / "train").rglob("*.h5"):
        with h5py.File(path, "r+") as file:
            file["depth"][...] = values
    found = message(fastdepth)
    path = fastdepth / "train" / "bath_0002" / "00201.h5"
    assert text in found
    assert str(path) in found


def test_truncated_file_in_the_middle(fastdepth):
    path = fastdepth / "train" / "bath_0002" / "00202.h5"
    found = data(fastdepth, "train")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"cannot read .*00202.h5', copy or download it again: .*truncated"):
        found[1]


def test_image_of_another_type(fastdepth):
    path = fastdepth / "train" / "bath_0002" / "00202.h5"
    with h5py.File(path, "r+") as file:
        del file["rgb"]
        file["rgb"] = image(0).transpose(2, 0, 1) / 255
    with pytest.raises(InputError, match=r"has the shape \(3, 6, 8\) of float64, not \(3,H,W\) uint8"):
        data(fastdepth, "train")[1]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("kitchen_0028b/rgb_00009.png kitchen_0028b/sync_depth_00000.png", "line 1: no file"),
        ("kitchen_0028b/rgb_00000.png", "line 1 is not 'image depth' or 'image depth focal'"),
        ("kitchen_0028b/rgb_00000.png kitchen_0028b/sync_depth_00000.png f", "the focal length 'f' is no number"),
        ("", "is empty"),
    ],
)
def test_bad_lines(png, line, text):
    (png / "train.txt").write_text(f"{line}\n")
    found = message(png, options=lists(png))
    assert text in found
    assert "train.txt" in found


def test_eight_bit_depth_of_a_list(png):
    for i in range(3):
        Image.new("L", (8, 6), 7).save(png / "sync" / "kitchen_0028b" / f"sync_depth_{i:05d}.png")
    assert "(8 bits), not of 16-bit gray" in message(png, options=lists(png))


def test_another_unit_of_a_list(png):
    options = lists(png, depth_scale=1)
    assert message(png, options=options).endswith(
        "wrong unit; set data.nyu.depth_scale (units per metre of a PNG, now 1)"
    )


def test_missing_list(png):
    (png / "train.txt").unlink()
    assert f"no list '{png / 'train.txt'}'" in message(png, options=lists(png))


def test_a_damaged_first_file_is_left_to_its_loading(fastdepth):
    """Under data.on_error=skip."""
    for name in ("201", "202"):
        path = fastdepth / "train" / "bath_0002" / f"00{name}.h5"
        path.write_bytes(path.read_bytes()[:100])
    assert "00201.h5" in message(fastdepth)
    found = FrameDataset(nyu_frames(fastdepth, "train", (), NyuSettings(), strict=False), SIZE)
    assert len(found) == 5
    for i in range(2):
        with pytest.raises(InputError, match=r"0020\d.h5"):
            found[i]
    assert_sample(found[2], 0)


def test_images_and_depth_of_several_shapes_in_a_list(png):
    """The stored images are 8x6."""
    folder = png / "sync" / "kitchen_0028b"
    Image.fromarray(image(1, (8, 6))).save(folder / "rgb_00001.png")
    Image.fromarray(np.full((6, 6), 1500, np.uint16)).save(folder / "sync_depth_00002.png")
    found = data(png, "train", lists(png))
    assert_sample(found[0], 0, rtol=6e-4)
    with pytest.raises(InputError, match=r"rgb_00001.png' has 6x8 pixels, its camera makes 8x6"):
        found[1]
    with pytest.raises(InputError, match=r"the depth of '.*rgb_00002.png' is about 6x6 pixels, its image has 8x6"):
        found[2]


def test_an_image_of_another_shape_in_a_file(fastdepth):
    write_fastdepth(fastdepth / "train" / "bath_0002" / "00202.h5", 1, (6, 6))
    with pytest.raises(InputError, match=r"00202.h5' has 6x6 pixels, its camera makes 8x6"):
        data(fastdepth, "train")[1]
