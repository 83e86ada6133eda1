"""The data set's contract: samples, determinism, cache and messages."""

import hashlib
import os
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from gradunc.data.sets.synthetic.render_settings import RenderSettings
from gradunc.data.sets.synthetic.street import SyntheticStreet
from gradunc.errors import InputError

SMALL = RenderSettings(height=32, width=64, frames_per_scene=2)


def digest(dataset, indices):
    return {
        i: hashlib.sha256(b"".join(dataset[i][k].numpy().tobytes() for k in ("image", "depth"))).hexdigest()
        for i in indices
    }


def test_sample_follows_the_types():
    dataset = SyntheticStreet("train", 2, SMALL, frames=(-1, 1, "s"))
    assert len(dataset) == 4
    sample = dataset[3]
    assert sample["image"].shape == (3, 32, 64)
    assert sample["image"].dtype == torch.float32
    assert 0 <= sample["image"].min() < sample["image"].max() <= 1
    assert sample["depth"].shape == sample["valid"].shape == (1, 32, 64)
    assert torch.equal(sample["valid"], sample["depth"] > 0)
    assert sample["sources"].shape == (3, 3, 32, 64)
    assert sample["source_pose"].shape == (3, 4, 4)
    assert sample["intrinsics"].dtype == torch.float32
    assert {n: m.shape for n, m in sample["regions"].items()} == {"moving": (1, 32, 64), "shadow": (1, 32, 64)}
    assert sample["index"] == 3
    assert sample["path"] == "train/scene0001/frame01"


def test_poses_follow_the_frames():
    pose = SyntheticStreet("train", 1, SMALL, frames=("s", 1, -1))[0]["source_pose"]
    assert pose[0, 0, 3] == pytest.approx(-0.54)
    # Going on, the world comes nearer; a step is half a metre to one metre.
    assert -1.0 < pose[1, 2, 3] < -0.45
    assert 0.45 < pose[2, 2, 3] < 1.0


def test_no_sources_without_frames():
    assert {"sources", "source_pose"}.isdisjoint(SyntheticStreet("val", 1, SMALL, frames=())[0])


def test_collates_into_batches():
    batch = next(iter(torch.utils.data.DataLoader(SyntheticStreet("val", 2, SMALL), batch_size=3)))
    assert batch["regions"]["shadow"].shape == (3, 1, 32, 64)
    assert batch["path"][2] == "val/scene0001/frame00"


@pytest.mark.slow
def test_same_bits_in_any_order_and_process():
    forward = digest(SyntheticStreet("test", 2, SMALL), range(4))
    assert digest(SyntheticStreet("test", 3, SMALL), (3, 1, 0, 2)) == forward
    code = (
        f"from {__name__} import SMALL, SyntheticStreet, digest;"
        "print(digest(SyntheticStreet('test', 2, SMALL), (2, 0, 1, 3)))"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert eval(output.stdout) == forward


def test_every_scene_split_and_seed_differs():
    other_seed = RenderSettings(height=32, width=64, frames_per_scene=2, seed=1)
    sets = [SyntheticStreet(split, 3, SMALL) for split in ("train", "val", "test")]
    sets.append(SyntheticStreet("train", 3, other_seed))
    digests = [value for dataset in sets for value in digest(dataset, range(6)).values()]
    assert len(set(digests)) == len(digests) == 24


def test_cache_gives_the_same_sample_fast(tmp_path):
    settings = RenderSettings(frames_per_scene=1)
    dataset = SyntheticStreet("train", 3, settings, frames=("s",), cache_dir=tmp_path)
    dataset.prepare(progress=False)
    assert not list(tmp_path.rglob("*.part"))
    fresh = SyntheticStreet("train", 3, settings, frames=("s",))
    dataset.produce = None  # all must come from the cache
    for key in ("image", "depth", "sources", "source_pose"):
        assert torch.equal(dataset[1][key], fresh[1][key])
    assert torch.equal(dataset[1]["regions"]["shadow"], fresh[1]["regions"]["shadow"])
    durations = []
    for _ in range(20):
        start = time.perf_counter()
        dataset[2]
        durations.append(time.perf_counter() - start)
    assert min(durations) < 0.004


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "magic"])
def test_damaged_cache_files_are_rendered_again(tmp_path, damage):
    dataset = SyntheticStreet("val", 1, SMALL, cache_dir=tmp_path)
    before = dataset[0]
    file = dataset.cache_file(0)
    content = bytearray(file.read_bytes())
    if damage == "cut":
        content = content[: len(content) // 2]
    elif damage == "flip":
        content[len(content) // 2] ^= 1
    elif damage == "empty":
        content = b""
    else:
        content[0] ^= 1
    file.write_bytes(content)
    assert dataset.load(0) is None
    assert torch.equal(dataset[0]["image"], before["image"])
    assert dataset.load(0) is not None


def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch):
    dataset = SyntheticStreet("val", 1, SMALL, cache_dir=tmp_path)
    dataset[0]
    old = dataset.cache_file(0).read_bytes()

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        dataset.produce(0)
    assert dataset.cache_file(0).read_bytes() == old
    assert not list(tmp_path.rglob("*.part"))


def test_every_choice_has_its_own_cache(tmp_path):
    choices = [
        SyntheticStreet("train", 1, SMALL, cache_dir=tmp_path),
        SyntheticStreet("val", 1, SMALL, cache_dir=tmp_path),
        SyntheticStreet("train", 1, SMALL, frames=(1,), cache_dir=tmp_path),
        SyntheticStreet("train", 1, RenderSettings(height=32, width=64), cache_dir=tmp_path),
        SyntheticStreet("train", 1, RenderSettings(height=32, width=64, shadows=False), cache_dir=tmp_path),
    ]
    assert len({dataset.folder for dataset in choices}) == len(choices)
    assert SyntheticStreet("train", 9, SMALL, cache_dir=tmp_path).folder == choices[0].folder


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RenderSettings(width=8), "width is 8"),
        (lambda: RenderSettings(frames_per_scene=0), "frames_per_scene"),
        (lambda: RenderSettings(seed=-1), "seed"),
        (lambda: RenderSettings(baseline=0.0), "baseline"),
        (lambda: SyntheticStreet("trian", 1), "did you mean 'train'"),
        (lambda: SyntheticStreet("train", 0), "0 scenes"),
        (lambda: SyntheticStreet("train", 1, frames=(-11,)), "unknown frame '-11'"),
        (lambda: SyntheticStreet("train", 1).prepare(), "cache_dir"),
    ],
)
def test_bad_input_is_one_clear_line(make, message):
    with pytest.raises(InputError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_positions_outside_are_index_errors():
    dataset = SyntheticStreet("train", 1, SMALL)
    for index in (2, -1):
        with pytest.raises(IndexError):
            dataset[index]
    assert np.isfinite(dataset[1]["depth"].numpy()).all()


def test_caches_on_disk_stay_valid():
    """The name that its cache had when the key was made of options of the configuration."""
    street = SyntheticStreet("train", 2, RenderSettings(height=96, width=320, seed=3), (-1, 1))
    assert street.cache_key() == "train-5ea44b388fee9a1b"
