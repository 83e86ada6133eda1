import pytest
import torch

from gradunc.assembly import build_data, missing_truth
from gradunc.data.settings import DataSettings
from gradunc.errors import InputError
from tests.data.sets.folder.helpers import CAMERA, write_sequence

SIZE = (32, 96)
SCENES = {"train_scenes": 2, "val_scenes": 1, "test_scenes": 1, "frames_per_scene": 3}
STREET = {"name": "synthetic", "synthetic": SCENES}


@pytest.fixture
def settings(tmp_path):
    """A street with truth, and a folder of 12 images without."""
    write_sequence(tmp_path / "walk", 12, camera=CAMERA)
    mine = {"name": "folder", "weight": 3, "evaluate": False, "root": str(tmp_path / "walk")}
    mixture = {"street": dict(STREET), "mine": mine}
    return DataSettings(name="mixture", batch_size=4, cache=str(tmp_path / "cache"), mixture=mixture)


def test_training_on_all_and_testing_on_some(settings):
    module = build_data(settings, SIZE, (-1, 1))
    train, test = module.split("train"), module.split("test")
    assert {name: len(data) for name, data in train.parts.items()} == {"street": 6, "mine": 6}  # 8 less two ends
    assert list(test.parts) == ["street"]
    batches = list(module.train_dataloader())
    assert len(batches) == 3
    images = torch.cat([batch["image"] for batch in batches])
    assert images.dtype == torch.float32
    for batch in batches:
        assert set(batch) >= {"image", "sources", "source_pose", "intrinsics", "index"}
        assert "regions" not in batch or bool((batch["index"] < 6).all())
        mine = batch["index"] >= 6
        if "depth" in batch:
            assert not batch["valid"][mine].any()
        assert batch["source_pose"][mine].isnan().all()
        assert not batch["source_pose"][~mine].isnan().any()
    assert sum(int((batch["index"] >= 6).sum()) for batch in batches) == 9


def test_truth_of_some_parts_is_truth(settings):
    assert missing_truth(settings) == ""
    settings.mixture["mine"]["evaluate"], settings.mixture["street"]["evaluate"] = True, False
    assert "has no folder depth/" in missing_truth(settings)


def test_messages(settings):
    settings.mixture["mine"]["name"] = "folded"
    with pytest.raises(
        InputError, match=r"in data\.mixture\.mine: data\.name=folded must be .*; did you mean 'folder'"
    ):
        build_data(settings, SIZE)
    settings.mixture["mine"] |= {"name": "folder", "root": "/nowhere/at/all"}
    with pytest.raises(InputError, match=r"in data\.mixture\.mine: data\.root='/nowhere/at/all' is no folder"):
        build_data(settings, SIZE, (-1, 1)).split("train")
