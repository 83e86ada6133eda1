"""Damaged pairs and pairs of other sizes."""

import pickle

import numpy as np
import pytest

from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.sets.stereo.frames import stereo_frames
from gradunc.data.sets.stereo.settings import StereoSettings
from gradunc.errors import InputError
from tests.data.sets.stereo.helpers import (
    DEPTH,
    FX,
    SIZE,
    TEST,
    assert_sources_explain_the_image,
    damaged_disparity,
    message,
    save,
    texture,
    write_folders,
)


def narrow_right(root, i):
    save(root / "right" / f"{i:03d}.png", texture()[:, :50])


def smaller_pair(root, i):
    for side in ("left", "right"):
        save(root / side / f"{i:03d}.png", texture()[:30, :50])


def missing_right(root, i):
    (root / "right" / f"{i:03d}.png").unlink()


def missing_disparity(root, i):
    (root / "disparity" / f"{i:03d}.png").unlink()


def damaged_left(root, i):
    (root / "left" / f"{i:03d}.png").write_bytes(b"")


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        (narrow_right, "left and right differ in size: .*has 60x37 pixels, .* 50x37"),
        (missing_right, "image .*/right/00.* does not exist"),
        (missing_disparity, "disparity/00.*png"),
        (damaged_left, "cannot read image"),
        (damaged_disparity, "disparity/00.*png"),
    ],
)
def test_unusable_pairs_are_left_to_their_loading(tmp_path, damage, text):
    """Under data.on_error=skip, which reports what cannot be loaded."""
    write_folders(tmp_path, count=6)
    for i in range(4):
        damage(tmp_path, i)
    with pytest.raises(InputError):
        stereo_frames(tmp_path, "test", ("s",), StereoSettings(), TEST)
    frames = stereo_frames(tmp_path, "test", ("s",), StereoSettings(), TEST, strict=False)
    data = pickle.loads(pickle.dumps(FrameDataset(frames, SIZE)))
    assert len(data) == 6
    for i in range(4):
        assert data.name(i) == str(tmp_path / "left" / f"{i:03d}.png")
        with pytest.raises(InputError, match=text):
            data[i]
    for i in (4, 5):
        assert_sources_explain_the_image(data[i])
        damage(tmp_path, i)
    if damage is missing_disparity:  # a folder without any is one without true depth
        assert len(stereo_frames(tmp_path, "test", ("s",), StereoSettings(), TEST)) == 6
        return
    with pytest.raises(InputError):
        stereo_frames(tmp_path, "test", ("s",), StereoSettings(), TEST, strict=False)


def test_pairs_of_several_sizes_under_one_calibration(tmp_path):
    write_folders(tmp_path, "", count=3)
    smaller_pair(tmp_path, 1)
    text = message(tmp_path)
    assert text.startswith(f"'{tmp_path / 'left' / '001.png'}' has 50x30 pixels, the others 60x37: one calibration")
    data = FrameDataset(stereo_frames(tmp_path, "test", ("s",), StereoSettings(), TEST, strict=False), SIZE)
    with pytest.raises(InputError, match="50x30 pixels"):
        data[1]
    assert data[2]["intrinsics"][0, 0] == FX


def test_a_first_pair_of_another_size_does_not_decide_for_all(tmp_path):
    write_folders(tmp_path, "", count=3)
    smaller_pair(tmp_path, 0)
    data = FrameDataset(stereo_frames(tmp_path, "test", ("s",), StereoSettings(), TEST, strict=False), SIZE)
    with pytest.raises(InputError, match="50x30 pixels, the others 60x37"):
        data[0]
    assert data[1]["intrinsics"][0, 0] == data[2]["intrinsics"][0, 0] == FX


def test_depth_of_another_shape(tmp_path):
    write_folders(tmp_path, "depth", depth_scale=1000)
    save(tmp_path / "depth" / "004.png", (1000 * DEPTH[:, :40]).astype(np.uint16))
    data = FrameDataset(stereo_frames(tmp_path, "test", (), StereoSettings(), TEST), SIZE)
    with pytest.raises(InputError, match=r"004.png' is about 40x37 pixels, its image has 60x37"):
        data[4]
