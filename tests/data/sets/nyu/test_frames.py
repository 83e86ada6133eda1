"""NYU Depth V2 in every layout is made here and read back exactly; every mistake in it is named."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from gradunc.data.formats import nyu
from gradunc.data.loading.collate import collate
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.remarks import Remarks
from gradunc.data.sets.nyu.frames import nyu_frames
from gradunc.data.sets.nyu.settings import NyuSettings
from tests.data.formats.nyu_files import (
    depth,
    image,
    raw_depth,
    write_fastdepth,
    write_png,
)
from tests.data.sets.nyu.helpers import assert_sample, data, lists, message


@pytest.mark.parametrize(("split", "expected"), [("train", [0, 1, 3, 5]), ("val", [2, 4]), ("test", [2, 4])])
@pytest.mark.parametrize(("key", "truth"), [("depths", depth), ("rawDepths", raw_depth)])
def test_labelled(labelled, split, expected, key, truth):
    found = data(labelled, split, NyuSettings(depth=key))
    assert len(found) == len(expected)
    for position, i in enumerate(expected):
        assert_sample(found[position], i, truth)
        assert found[position]["path"] == f"{labelled / nyu.LABELLED_FILE}[{i}]"
        assert found.frames[position].sequence == f"kitchen_{i // 2:04d}"


def test_splits_elsewhere(labelled, tmp_path):
    file = (labelled / "splits.mat").rename(tmp_path / "mine.mat")
    assert "splits.mat'" in message(labelled)
    assert len(data(labelled, "train", NyuSettings(splits=str(file)))) == 4


def test_fastdepth(fastdepth):
    train = data(fastdepth, "train")
    assert [train[i]["path"].split("/train/")[-1] for i in range(5)] == [
        "bath_0002/00201.h5",
        "bath_0002/00202.h5",
        "kitchen_0001a/00001.h5",
        "kitchen_0001a/00006.h5",
        "kitchen_0001b/00001.h5",
    ]
    for position, i in enumerate((3, 4, 0, 1, 2)):
        assert_sample(train[position], i)
    for split in ("val", "test"):
        for position in range(2):
            assert_sample(data(fastdepth, split)[position], 6 + position)


def test_png(png):
    train = data(png, "train", lists(png))
    assert len(train) == 3
    for i in range(3):
        assert_sample(train[i], i, rtol=6e-4)  # whole millimetres
    assert train.frames[0].sequence == "kitchen_0028b"
    assert_sample(data(png, "test", lists(png))[0], 3, rtol=6e-4)


def paths(found: FrameDataset) -> list[str]:
    return ["/".join(frame.image.name.split("/")[-2:]) for frame in found.frames]


def test_validation_on_held_out_frames(fastdepth):
    options = NyuSettings(validation="holdout")
    held = ["bath_0002/00201.h5", "kitchen_0001a/00001.h5", "kitchen_0001b/00001.h5"]
    assert paths(data(fastdepth, "val", options)) == held
    assert paths(data(fastdepth, "train", options)) == ["bath_0002/00202.h5", "kitchen_0001a/00006.h5"]
    assert len(data(fastdepth, "test", options)) == 2


def test_validation_on_held_out_rooms(fastdepth):
    """Parts a and b of a recording show the same room: they stay together."""
    options = NyuSettings(validation="scenes", val_share=0.5)
    val, train = (set(paths(data(fastdepth, split, options))) for split in ("val", "train"))
    kitchen = {"kitchen_0001a/00001.h5", "kitchen_0001a/00006.h5", "kitchen_0001b/00001.h5"}
    assert {frozenset(val), frozenset(train)} == {
        frozenset(kitchen),
        frozenset({"bath_0002/00201.h5", "bath_0002/00202.h5"}),
    }


def test_validation_by_a_list(png):
    (png / "val.txt").write_text((png / "train.txt").read_text().splitlines()[1])
    options = lists(png, val_list=str(png / "val.txt"))
    assert_sample(data(png, "val", options)[0], 1, rtol=6e-4)
    text = message(png, "val", replace(options, validation="scenes"))
    assert text == "data.nyu.val_list contradicts data.nyu.validation=scenes; remove one of them"
    assert "is about files of data.nyu.layout=fastdepth" in message(png, "val", lists(png, validation="holdout"))


def full_size(i: int) -> np.ndarray:
    return depth(i, (480, 640))


def test_crops_keep_the_geometry(tmp_path):
    write_fastdepth(tmp_path / "train" / "a_0001" / "00007.h5", 0, (480, 640))
    write_fastdepth(tmp_path / "val" / "official" / "00000.h5", 1, (480, 640))
    options = NyuSettings(train_crop="bts", eval_crop="grumodepth")
    sample = data(tmp_path, "train", options, (427, 565))[0]
    assert sample["image"].equal(torch.from_numpy(image(0, (480, 640))[45:472, 43:608].copy()).movedim(-1, 0))
    np.testing.assert_array_equal(sample["depth"][0], full_size(0)[45:472, 43:608])
    expected = [[518.85790, 0, 325.58245 - 43], [0, 519.46961, 253.73617 - 45], [0, 0, 1]]
    np.testing.assert_allclose(sample["intrinsics"], expected, rtol=1e-6)
    # At half the size pixel u of the crop is (u - 32 + 0.5)/2 - 0.5.
    sample = data(tmp_path, "test", options, (224, 288))[0]
    assert sample["image"].shape == (3, 224, 288)
    assert sample["intrinsics"][0, 2].item() == pytest.approx((325.58245 - 32 + 0.5) / 2 - 0.5, rel=1e-6)


def test_crops_are_about_the_full_size(fastdepth):
    text = message(fastdepth, options=NyuSettings(train_crop="eigen"))
    assert text.startswith("the crop 'eigen' is about 640x480 pixels, '")
    assert text.endswith("has 8x6")


def test_crop_of_png_files(tmp_path):
    write_png(tmp_path / "a", "0", 2, (480, 640))
    (tmp_path / "train.txt").write_text("a/rgb_0.png a/sync_depth_0.png 1037.7158")
    options = NyuSettings(train_list=str(tmp_path / "train.txt"), train_crop="eigen")
    sample = data(tmp_path, "train", options, (426, 560))[0]
    assert sample["image"].equal(torch.from_numpy(image(2, (480, 640))[45:471, 41:601].copy()).movedim(-1, 0))
    assert sample["depth"].shape == (1, 426, 560)
    # Twice the focal length by the list.
    np.testing.assert_allclose(sample["intrinsics"].diagonal(), [2 * 518.85790, 2 * 519.46961, 1], rtol=1e-6)


def test_intrinsics_of_a_smaller_copy(labelled):
    """Pixel centres are integers: cx' = (cx + 0.5) 8/640 - 0.5."""
    matrix = data(labelled, "train")[0]["intrinsics"]
    assert matrix[0, 0].item() == pytest.approx(518.85790 / 80)
    assert matrix[0, 2].item() == pytest.approx((325.58245 + 0.5) / 80 - 0.5, rel=1e-5)


def test_the_cap_is_about_training_only(labelled):
    options = NyuSettings(train_max_depth=1.5)
    sample = data(labelled, "train", options)[0]
    assert sample["valid"].equal(torch.from_numpy(depth(0) <= 1.5)[None])
    assert data(labelled, "test", options)[0]["valid"].all()
    assert data(labelled, "train", NyuSettings(train_max_depth=None))[0]["valid"].all()


def test_workers_open_their_own_files(labelled):
    loader = DataLoader(data(labelled, "train"), batch_size=2, num_workers=2, collate_fn=collate)
    batches = list(loader)
    assert torch.cat([batch["image"] for batch in batches]).equal(
        torch.from_numpy(np.stack([image(i) for i in (0, 1, 3, 5)])).movedim(-1, 1)
    )


def test_few_test_images_are_noted(fastdepth):
    remarks = Remarks()
    nyu_frames(fastdepth, "test", (), NyuSettings(), remarks=remarks)
    assert remarks.lines() == ["2 test images of NYU, not the official 654: figures do not compare"]


def test_an_empty_folder(tmp_path):
    text = message(tmp_path)
    assert text.startswith(f"no NYU Depth V2 in '{tmp_path}'")
    for word in ("nyu_depth_v2_labeled.mat", "val/official/", "data.nyu.train_list"):
        assert word in text
    (tmp_path / "train").mkdir()
    assert message(tmp_path) == f"no files 'train/*/*.h5' in '{tmp_path}'"
    assert "data.nyu.train_list is missing" in message(tmp_path, options=NyuSettings(layout="png"))
    assert "does not exist" in message(tmp_path, options=NyuSettings(layout="labelled"))


def test_no_neighbours_in_time(fastdepth):
    assert "data=nyu has no source views [-1, 1]" in message(fastdepth, frames=(-1, 1))


@pytest.mark.parametrize(
    ("key", "value", "suggestion"),
    [
        ("layout", "hdf5", "unknown data.nyu.layout 'hdf5' (choices: "),
        ("depth", "rawdepths", "did you mean 'rawDepths'?"),
        ("validation", "scene", "did you mean 'scenes'?"),
        ("train_crop", "eigne", "did you mean 'eigen'?"),
        ("eval_crop", "bst", "did you mean 'bts'?"),
    ],
)
def test_unknown_names(tmp_path, key, value, suggestion):
    text = message(tmp_path, options=NyuSettings(**{key: value}))
    assert text.startswith(f"unknown data.nyu.{key} '{value}'")
    assert suggestion in text
