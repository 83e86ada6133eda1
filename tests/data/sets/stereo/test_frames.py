"""Stereo pairs of every layout are made here and read back exactly; every mistake in them is named."""

import pickle

import numpy as np
import pytest
import torch

from gradunc.data.recorded.division import Division
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.sets.stereo.files import find_sequences
from gradunc.data.sets.stereo.frames import stereo_frames
from gradunc.data.sets.stereo.settings import StereoSettings
from gradunc.data.sets.stereo.truth import DisparityFile
from gradunc.ops.geometry import warp
from tests.data.sets.stereo.helpers import (
    BASELINE,
    DEPTH,
    DISPARITY,
    FX,
    SIZE,
    TEST,
    H,
    W,
    assert_sources_explain_the_image,
    damaged_disparity,
    left_view,
    message,
    save,
    texture,
    write_2014,
    write_folders,
    write_pair,
)
from tests.helpers import DATA

ALOE = DATA / "aloe"
STATED = StereoSettings(focal=FX, baseline=BASELINE)


def first(root, frames=("s",), options=StereoSettings()):  # noqa: B008 - frozen
    return pickle.loads(pickle.dumps(FrameDataset(stereo_frames(root, "test", frames, options, TEST), SIZE)))[0]


@pytest.mark.parametrize("doffs", [0, 3, -3])
def test_middlebury_2014(tmp_path, doffs):
    write_2014(tmp_path, doffs=doffs)
    sample = first(tmp_path)
    expected = torch.from_numpy(DEPTH.copy())[None]
    expected[0, 0, 0] = 0
    torch.testing.assert_close(sample["depth"], expected, rtol=1e-6, atol=0)
    assert sample["valid"].equal(expected > 0)
    assert sample["intrinsics"].tolist() == [[FX, 0, 30], [0, FX, 18], [0, 0, 1]]
    pose = torch.eye(4)
    pose[0, 3] = -BASELINE
    assert sample["source_pose"].equal(pose[None])
    assert_sources_explain_the_image(sample)


@pytest.mark.parametrize("dmin", [None, 60.0])
def test_middlebury_2006_of_a_thirtieth_of_the_size(tmp_path, dmin):
    """Stored disparity is multiplied by the reduction, 1110/37 = 30; focal length and dmin are of the full size."""
    save(tmp_path / "Aloe" / "view1.png", left_view(texture()))
    save(tmp_path / "Aloe" / "view5.png", texture())
    stored = np.full(SIZE, 30 * 4, np.uint8)
    stored[1, 2] = 0
    save(tmp_path / "Aloe" / "disp1.png", stored)
    offset = 0.0
    if dmin is not None:
        (tmp_path / "Aloe" / "dmin.txt").write_text(f"{dmin:.0f}\n")
        offset = 2.0
    sample = first(tmp_path)
    focal = 3740 / 30
    assert sample["intrinsics"][0].tolist() == pytest.approx([focal, 0, (W - 1) / 2])
    assert sample["depth"][0, 5, 5].item() == pytest.approx(focal * 0.16 / (4 + offset))
    assert sample["depth"][0, 1, 2] == 0
    assert sample["source_pose"][0, 0, 3].item() == pytest.approx(-0.16)


def test_left_and_right_folders_with_disparity(tmp_path):
    write_folders(tmp_path, cx=29, cy=17)
    sample = first(tmp_path)
    torch.testing.assert_close(sample["depth"][0].numpy(), DEPTH)
    assert sample["intrinsics"].tolist() == [[FX, 0, 29], [0, FX, 17], [0, 0, 1]]
    assert sample["path"] == str(tmp_path / "left" / "000.png")
    assert_sources_explain_the_image(sample)


def test_left_and_right_folders_with_depth(tmp_path):
    write_folders(tmp_path, "depth")
    assert message(tmp_path).endswith("state data.stereo.depth_scale, the units per metre (1000 = millimetres)")
    sample = first(tmp_path, options=StereoSettings(depth_scale=1000))
    torch.testing.assert_close(sample["depth"][0].numpy(), DEPTH)


def test_pairs_in_time_and_without_truth(tmp_path):
    write_folders(tmp_path, "", 4)
    frames = stereo_frames(tmp_path, "test", (1, "s"), StereoSettings(), TEST)
    assert len(frames) == 3
    sample = FrameDataset(frames, SIZE)[1]
    assert "depth" not in sample
    assert sample["sources"][0].equal(torch.from_numpy(left_view(texture(2))).movedim(-1, 0))
    assert sample["sources"][1].equal(torch.from_numpy(texture(1)).movedim(-1, 0))
    assert sample["source_pose"][0].isnan().all()
    assert sample["source_pose"][1, 0, 3] == -BASELINE
    assert "has the neighbours [9]" in message(tmp_path, (9,))


def test_sequences_are_divided(tmp_path):
    for i in range(4):
        write_folders(tmp_path / f"drive{i}", count=2)
    sequences = [
        {frame.sequence for frame in stereo_frames(tmp_path, split, (), StereoSettings(), Division(0.5, 0.25, 0.25))}
        for split in ("train", "val", "test")
    ]
    assert [len(names) for names in sequences] == [2, 1, 1]
    assert set.union(*sequences) == {f"drive{i}" for i in range(4)}


def test_pairs_by_name(tmp_path):
    write_pair(tmp_path)
    sample = first(tmp_path, options=STATED)
    torch.testing.assert_close(sample["depth"][0].numpy(), DEPTH)
    assert sample["intrinsics"].tolist() == [[FX, 0, (W - 1) / 2], [0, FX, (H - 1) / 2], [0, 0, 1]]
    sample = first(tmp_path, options=StereoSettings(focal=FX, baseline=BASELINE, doffs=4))
    assert sample["depth"][0, 0, 0].item() == pytest.approx(FX * BASELINE / 8)


def test_calibration_is_needed(tmp_path):
    write_pair(tmp_path)
    text = message(tmp_path, options=StereoSettings(focal=FX))
    assert text == (
        f"'{tmp_path / 'leafL.jpg'}' has no calibration; state data.stereo.focal (pixels of 60x37) and "
        "data.stereo.baseline (metres)"
    )


def test_files_and_options_must_not_contradict(tmp_path):
    write_2014(tmp_path)
    text = message(tmp_path, options=StereoSettings(baseline=0.2))
    assert text == f"data.stereo.baseline=0.2 contradicts '{tmp_path / 'Piano' / 'calib.txt'}'; remove one of them"


def test_options_stand_in_for_a_missing_file(tmp_path):
    write_folders(tmp_path)
    (tmp_path / "calibration.json").unlink()
    assert "into it, or state data.stereo.focal (pixels of 60x37) and data.stereo.baseline" in message(tmp_path)
    assert "has 16 bits: state data.stereo.disparity_scale" in message(tmp_path, options=STATED)
    options = StereoSettings(focal=FX, baseline=BASELINE, disparity_scale=256)
    torch.testing.assert_close(first(tmp_path, options=options)["depth"][0].numpy(), DEPTH)


def test_left_and_right_of_different_sizes(tmp_path):
    write_pair(tmp_path)
    save(tmp_path / "leafR.jpg", texture()[:, :50])
    assert message(tmp_path, options=STATED) == (
        f"left and right differ in size: '{tmp_path / 'leafL.jpg'}' has 60x37 pixels, '{tmp_path / 'leafR.jpg'}' "
        "50x37; rectify and resize them together"
    )


def test_disparity_of_another_size(tmp_path):
    write_pair(tmp_path)
    save(tmp_path / "leafGT.png", DISPARITY.astype(np.uint8)[::2, ::2])
    assert "has the shape (19, 30), its left image (37, 60)" in message(tmp_path, options=STATED)


def test_baseline_in_millimetres(tmp_path):
    write_pair(tmp_path)
    text = message(tmp_path, options=StereoSettings(focal=FX, baseline=1000 * BASELINE))
    assert "is 3.75e+03 m on average, not 0.1 to 1000 m: wrong unit; set data.stereo.disparity_scale, baseline" in text


def test_a_calibration_of_another_size(tmp_path):
    write_2014(tmp_path)
    for name in ("im0", "im1"):
        save(tmp_path / "Piano" / f"{name}.png", texture()[::2, ::2])
    assert "is about 60x37 pixels, the images have 30x19" in message(tmp_path)


@pytest.mark.parametrize(
    ("files", "text"),
    [
        ([], "no stereo pairs in"),
        (["a/im0.png"], "no image 'im1.*' in"),
        (["a/view1.png"], "no image 'view5.*' in"),
        (["xL.jpg"], "no image 'xR.*' in"),
        (["left/1.png", "right/2.png"], "has no file '1.*' in"),
        (["left/1.txt"], "no images in"),
        (["left/1.png", "right/1.png", "left/2.png", "right/2.png", "disparity/1.pfm"], "has no file '2.*' in"),
    ],
)
def test_incomplete_folders(tmp_path, files, text):
    for file in files:
        save(tmp_path / "x.png", texture())
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / "x.png").rename(tmp_path / file)
    assert text in message(tmp_path, options=STATED)


def test_layouts_by_name(tmp_path):
    write_2014(tmp_path)
    assert list(find_sequences(tmp_path, "middlebury2014")) == ["Piano"]
    assert "no SCENE/view1.png with view5.png" in message(tmp_path, options=StereoSettings(layout="middlebury2006"))
    assert "did you mean 'pairs'?" in message(tmp_path, options=StereoSettings(layout="pair"))


@pytest.mark.skipif(not ALOE.is_dir(), reason=f"no aloe in {DATA}")
def test_the_real_pair():
    """Warping the right view by disparity explains the left one: three quarters of the difference go."""
    options = StereoSettings(focal=3740, baseline=0.16)
    frames = stereo_frames(ALOE, "test", ("s",), options, TEST)
    assert [frame.sequence for frame in frames] == ["aloe"]
    assert isinstance(frames[0].truth, DisparityFile)
    sample = FrameDataset(frames, (1110, 1282))[0]
    assert sample["depth"].max().item() == pytest.approx(3740 * 0.16 / 43, rel=1e-6)
    assert sample["valid"].float().mean().item() == pytest.approx(0.9655, abs=1e-4)
    image, source = sample["image"] / 255, sample["sources"][:1] / 255
    view, inside = warp(source, sample["depth"][None], sample["intrinsics"][None], sample["source_pose"])
    keep = (inside & sample["valid"][None])[0, 0]
    warped, unwarped = ((other[0] - image).abs().mean(0)[keep].mean() for other in (view, source))
    assert warped < 0.3 * unwarped


def test_truth_can_be_left_away(tmp_path):
    write_folders(tmp_path)
    damaged_disparity(tmp_path, 0)
    frames = stereo_frames(tmp_path, "test", ("s",), StereoSettings(ground_truth=False), TEST)
    assert all(frame.truth is None for frame in frames)
