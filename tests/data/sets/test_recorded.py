"""The options of data=rgbd, stereo and nyu arrive; what they cannot mean is named."""

import pytest
import torch

from gradunc.assembly import build_data, data_set, missing_truth
from gradunc.errors import InputError
from tests.config.test_loading import train
from tests.data.formats.nyu_files import write_labelled, write_splits
from tests.data.sets.rgbd.helpers import write_seven_scenes
from tests.data.sets.stereo.helpers import write_pair

SIZE = (24, 32)


def build(split, *arguments, frames=(), truth=True):
    return build_data(train(*arguments).data, SIZE, frames, train_truth=truth).split(split)


def message(split, *arguments, frames=()) -> str:
    with pytest.raises(InputError) as caught:
        build(split, *arguments, frames=frames)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_rgbd(tmp_path):
    root = write_seven_scenes(tmp_path, 10, calibration=False)
    arguments = ("data=rgbd", f"data.root={root}", "data.rgbd.intrinsics=[50,50,16,12]")
    assert [len(build(split, *arguments)) for split in ("train", "val", "test")] == [6, 2, 2]
    sample = build("train", *arguments, frames=(1,))[0]
    assert sample["intrinsics"][0].tolist() == [50, 0, 16]
    assert sample["source_pose"].isfinite().all()
    assert sample["depth"].max().item() == pytest.approx(1)
    assert "depth" not in build("train", *arguments, truth=False)[0]
    assert build("train", *arguments, "data.rgbd.poses=false", frames=(1,))[0]["source_pose"].isnan().all()
    assert build("train", *arguments, "data.rgbd.depth_scale=500")[0]["depth"].max().item() == pytest.approx(2)
    half = ("data.division.train=0.5", "data.division.val=0.5", "data.division.test=0")
    assert len(build("val", *arguments, *half)) == 5
    assert "the test split is empty" in message("test", *arguments, *half)
    assert "no RGB-D recording" in message("train", *arguments, "data.rgbd.layout=tum")
    assert "data.rgbd.intrinsics=[1.0, 2.0]" in message(
        "train", *arguments[:2], "data.rgbd.intrinsics=[1,2]", frames=(1,)
    )


def test_stereo(tmp_path):
    write_pair(tmp_path)
    arguments = ("data=stereo", f"data.root={tmp_path}", "data.stereo.focal=40", "data.stereo.baseline=0.5")
    sample = build("test", *arguments)[0]
    assert sample["depth"][0, 0, 0] == 5
    assert build("test", *arguments, "data.stereo.doffs=4")[0]["depth"][0, 0, 0] == 2.5
    assert build("test", *arguments, "data.stereo.disparity_scale=2")[0]["depth"][0, 0, 0] == 10
    empty = message("train", *arguments, frames=("s",))
    assert empty.startswith(
        "the train split is empty: by default it gets nothing of 1 sequence(s) with 1 frame(s); set"
    )
    assert "data.division.train" not in empty  # nobody has set it
    everything = ("data.division.train=1", "data.division.test=0")
    assert build("train", *arguments, *everything, frames=("s",))[0]["source_pose"][0, 0, 3] == -0.5
    assert "depth" not in build("train", *arguments, *everything, frames=("s",), truth=False)[0]
    settings = train(*arguments).data
    assert missing_truth(settings) == ""
    assert "data.stereo.ground_truth=false" in data_set(settings).without_truth().missing_truth()
    (tmp_path / "leafGT.png").unlink()
    assert missing_truth(settings).endswith("has NAMEGT.png or .pfm beside NAMEL.jpg; add it")


def test_nyu(tmp_path):
    write_splits(write_labelled(tmp_path))
    arguments = ("data=nyu", f"data.root={tmp_path}", "data.nyu.depth=rawDepths")
    assert [len(build(split, *arguments)) for split in ("train", "val")] == [4, 2]
    sample = build("train", *arguments, "data.nyu.train_max_depth=1.5")[0]
    assert 0 < sample["depth"].max() <= 1.5
    assert not sample["valid"][0, 0].any()
    assert torch.stack([sample["image"] for sample in build("test", *arguments)]).shape == (2, 3, *SIZE)
    (tmp_path / "mine.txt").write_text("a b")
    assert "mine.txt' line 1: no file" in message("train", *arguments, f"data.nyu.train_list={tmp_path / 'mine.txt'}")


@pytest.mark.parametrize("name", ["rgbd", "stereo", "nyu"])
def test_the_root(tmp_path, name):
    assert message("test", f"data={name}").startswith("data.root is missing: ")
    text = message("test", f"data={name}", f"data.root={tmp_path / 'x'}")
    assert text.startswith(f"data.root='{tmp_path / 'x'}' is no folder")


def test_a_division_that_is_none(tmp_path):
    arguments = ("data=rgbd", f"data.root={write_seven_scenes(tmp_path, 3)}")
    assert "'all' must be a number or a list as [a,b]" in message("train", *arguments, "data.division.train=all")
