"""Damaged files under both policies, and the cache of resized frames, through the commands."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gradunc.commands import train
from tests.helpers import assert_one_error, files_in

COUNTS = {"a": 5, "b": 2, "c": 3}
"""Sequences for training, validation and test."""
TRAINING = (
    "model=lcnet",
    "objective=supervised",
    "model.size=[32,64]",
    "model.decoder_channels=[8,8,8,8,8]",
    "data.batch_size=2",
    "trainer.max_epochs=1",
    "uncertainty=none",
)


@pytest.fixture
def given(tmp_path) -> tuple[str, ...]:
    """Arguments for a folder of three sequences."""
    draw = np.random.default_rng(0)
    for name, count in COUNTS.items():
        for kind in ("images", "depth"):
            (tmp_path / "data" / name / kind).mkdir(parents=True)
        for i in range(count):
            pixels = draw.integers(0, 256, (40, 80, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / f"data/{name}/images/{i}.jpg")
            np.save(tmp_path / f"data/{name}/depth/{i}.npy", draw.uniform(2, 9, (40, 80)).astype(np.float32))
    division = [f"data.division.{key}=[{name}]" for key, name in zip(("train", "val", "test"), COUNTS, strict=True)]
    folders = [f"data.root={tmp_path / 'data'}", f"data.cache={tmp_path / 'cache'}", f"output={tmp_path / 'out'}"]
    more = ["data.workers=0", "trainer=cpu", "trainer.progress=false", "evaluation.pictures=0"]
    return "data=folder", *folders, *division, *more


def cut(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def test_a_damaged_image_ends_an_evaluation_or_is_left_out(evaluate, given, tmp_path):
    damaged = cut(tmp_path / "data/c/images/1.jpg")
    assert_one_error(evaluate(*given), f"cannot read image '{damaged}'", "(data.on_error=skip omits what cannot be")
    outcome = evaluate(*given, "data.on_error=skip", "uncertainty=none")
    assert outcome.code == 0, outcome.err
    metrics = json.loads((tmp_path / "out/metrics.json").read_text())
    assert (metrics["images"], metrics["images_unreadable"]) == (2, 1)
    assert f"skipped samples that cannot be read: 1 of 3 test\n  cannot read image '{damaged}'" in outcome.out
    assert json.loads((tmp_path / "out/skipped.json").read_text())["test"]["files"][0]["name"] == str(damaged)


def test_nothing_can_be_read(evaluate, given, tmp_path):
    for i in range(COUNTS["c"]):
        cut(tmp_path / f"data/c/images/{i}.jpg")
    outcome = evaluate(*given, "data.on_error=skip", "uncertainty=none")
    assert_one_error(outcome, "none of the 3 samples of the test split", "cannot read image")


def test_an_unknown_policy(evaluate, given):
    assert_one_error(
        evaluate(*given, "data.on_error=skipp"), "data.on_error=skipp must be raise or skip; did you mean 'skip'?"
    )


def test_a_training_with_copies_and_damaged_files(call, given, tmp_path):
    image, depth = cut(tmp_path / "data/a/images/0.jpg"), cut(tmp_path / "data/a/depth/1.npy")
    more = ("data.frame_cache=true", "data.eval_batch_size=2")
    # The copies are made before the run folder: nothing is left of a run that cannot be.
    outcome = call(train.main, *given, *TRAINING, *more)
    assert_one_error(outcome, f"cannot read image '{image}'")
    assert not (tmp_path / "out").exists()
    outcome = call(train.main, *given, *TRAINING, *more, "data.on_error=skip")
    assert outcome.code == 0, outcome.err
    (folder,) = (tmp_path / "out/run").iterdir()
    content = json.loads((folder / "skipped.json").read_text())
    # Two batches of two out of five: the one that is left out may be one of them.
    assert {file["index"] for file in content["train"]["files"]} <= {0, 1}
    assert content["train"]["skipped"] >= 1
    assert all(str(path) in outcome.out for path in (image, depth) if str(path) in json.dumps(content))
    kept = [name for name in files_in(tmp_path / "cache") if name.startswith("frames/32x64/")]
    assert len(kept) == sum(COUNTS.values()) - 1


def test_evaluation_from_copies_is_the_same(evaluate, given, tmp_path):
    results = []
    for cache in ("false", "true", "true"):
        assert evaluate(*given, f"data.frame_cache={cache}", "uncertainty=none").code == 0
        results.append(json.loads((tmp_path / "out/metrics.json").read_text()))
    assert results[0] == results[1] == results[2]
    assert len(files_in(tmp_path / "cache")) == COUNTS["c"]


def test_a_training_whose_first_files_are_damaged(call, given, tmp_path):
    """What is looked at while the data set is built falls under the policy, too."""
    for name in COUNTS:
        cut(tmp_path / f"data/{name}/images/0.jpg")
    for name in "ac":
        (tmp_path / f"data/{name}/depth/1.npy").unlink()
    turned = tmp_path / "data/a/images/2.jpg"
    Image.fromarray(np.zeros((80, 40, 3), np.uint8)).save(turned)
    assert_one_error(call(train.main, *given, *TRAINING))
    assert not (tmp_path / "out").exists()
    # Each epoch takes four of the five samples, in another order: in three of them each is asked for.
    outcome = call(train.main, *given, *TRAINING, "data.on_error=skip", "trainer.max_epochs=3")
    assert outcome.code == 0, outcome.err
    (folder,) = (tmp_path / "out/run").iterdir()
    content = json.loads((folder / "skipped.json").read_text())
    assert {split: [file["index"] for file in one["files"]] for split, one in content.items()} == {
        "train": [0, 1, 2],
        "val": [0],
        "test": [0, 1],
    }
    assert f"image '{turned}' has 40x80 pixels, its camera makes 80x40" in content["train"]["files"][2]["reason"]
