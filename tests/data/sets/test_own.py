"""data=folder and data=video from a configuration."""

import pytest

from gradunc.assembly import build_data, data_set, missing_truth
from gradunc.data.sets.folder.settings import FolderSettings
from gradunc.data.sets.video.settings import VideoSettings
from gradunc.data.settings import DataSettings
from gradunc.errors import InputError
from tests.data.sets.folder.helpers import CAMERA, write_sequence
from tests.data.videos import pan, write_video

SIZE = (32, 64)


def message(settings, frames=(), split="train") -> str:
    with pytest.raises(InputError) as caught:
        build_data(settings, SIZE, frames).split(split)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_folder_for_either_training(tmp_path):
    write_sequence(tmp_path, 10, camera=CAMERA, depth=".png")
    settings = DataSettings(name="folder", root=str(tmp_path), folder=FolderSettings(depth_scale=1000))
    assert {"image", "depth", "valid", "intrinsics"} < set(build_data(settings, SIZE).split("train")[0])
    mono = build_data(settings, SIZE, (-1, 1), train_truth=False)
    assert {"sources", "intrinsics"} < set(mono.split("train")[0])
    assert "depth" not in mono.split("train")[0]
    assert "depth" in mono.split("test")[0]
    assert missing_truth(settings) == ""
    assert "ground_truth=false" in data_set(settings).without_truth().missing_truth()


def test_folder_says_what_an_objective_needs(tmp_path):
    write_sequence(tmp_path, 10)
    settings = DataSettings(name="folder", root=str(tmp_path))
    assert "supervised training needs true depth, but data.root=" in message(settings)
    assert "choose objective=mono" in message(settings)
    assert "photometric training needs the camera" in message(settings, (-1, 1))
    assert "has no folder depth/ beside images/" in missing_truth(settings)
    assert "data.root is missing" in message(DataSettings(name="folder"))


def test_video(tmp_path, capsys):
    write_video(tmp_path / "walk.mkv", pan(range(0, 60, 2)))
    video = VideoSettings(min_motion=0.01)
    settings = DataSettings(name="video", root=str(tmp_path), cache=str(tmp_path / "cache"), video=video)
    module = build_data(settings, SIZE, (-1, 1))
    assert len(module.split("train")) == 22  # 24 less two ends
    assert capsys.readouterr().err == ""
    module.train_dataloader()
    module.val_dataloader()
    told = capsys.readouterr().err.splitlines()
    assert [line for line in told if line.startswith("walk.mkv: 30 of 30 pictures kept")] == told[:1]
    assert told[1].startswith("assumed field of view 60 degrees: the camera is unknown")
    assert told[1].endswith("or data.video.focal (pixels): 1 ('walk.mkv/0')")
    assert len(told) == 2  # each once
    assert (tmp_path / "cache" / "video").is_dir()
    assert "supervised training needs true depth, which a video has not" in message(settings)
    assert "a video has no true depth" in missing_truth(settings)
    assert "data.root is missing: a video file" in message(DataSettings(name="video"), (-1, 1))
