"""`infer.py ood data=A other=B`."""

import json

import numpy as np
import pytest
from PIL import Image

from gradunc.data.image_files import read_image, resize_image
from gradunc.metrics.detection import DETECTION, detection
from gradunc.models import load_model
from gradunc.uncertainty import GradientUncertainty, image_scores
from tests.helpers import DATA, assert_one_error, files_in, write_images

pytestmark = pytest.mark.slow

FILES = {"ood.json", "ood.csv", "ood.md", "ood.png"}


def write_noise(folder, count):
    folder.mkdir()
    for i in range(count):
        pixels = np.random.default_rng(i).integers(0, 256, (40 + i, 60, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.png")
    return folder


@pytest.fixture
def folders(tmp_path):
    write_images(tmp_path / "in", [(48, 64), (64, 96), (50, 70)])
    return tmp_path / "in", write_noise(tmp_path / "noise", 4)


def test_two_folders(infer, export, folders, tmp_path):
    outcome = infer("ood", f"source={folders[0]}", f"other={folders[1]}", f"output={tmp_path / 'out'}")
    assert outcome.code == 0, outcome.err
    assert files_in(tmp_path / "out") == FILES
    content = json.loads((tmp_path / "out" / "ood.json").read_text())
    estimator = GradientUncertainty.recommended(load_model(export))
    columns = []
    for side, folder in zip(("in_distribution", "out_of_distribution"), folders, strict=True):
        images = content[side]["images"]
        paths = sorted(folder.iterdir())
        assert [one["path"] for one in images] == [str(path) for path in paths]
        for one, path in zip(images, paths, strict=True):
            expected = image_scores(estimator.estimate(resize_image(read_image(path)[None], (64, 96))))
            found = one["scores"]["gradient"]
            assert found == pytest.approx({name: float(value) for name, value in expected.items()}, rel=1e-5)
        columns.append(images)
    import torch

    for score, figures in content["results"]["gradient"].items():
        sides = [torch.tensor([one["scores"]["gradient"][score] for one in images]).double() for images in columns]
        assert {name: figures[name] for name in DETECTION} == detection(*sides)
        assert f"{figures['auroc']:.4f}" in outcome.out
    assert list(content["results"]["gradient"]) == ["mean", "p95", "log_mean", "loss"]
    assert "in (3 images)" in outcome.out
    assert "noise (4 images)" in outcome.out
    assert "positive class = in-distribution" in content["protocol"]
    assert Image.open(tmp_path / "out" / "ood.png").width > 400


def test_a_data_set_against_a_folder_and_two_estimators(infer, synthetic, folders, tmp_path):
    outcome = infer(
        "ood", *synthetic, f"other={folders[1]}/*.png", "uncertainty=flip_and_gray", f"output={tmp_path / 'out'}"
    )
    assert outcome.code == 0, outcome.err
    content = json.loads((tmp_path / "out" / "ood.json").read_text())
    assert list(content["results"]) == ["flip", "gray"]
    assert content["in_distribution"]["name"] == "synthetic"
    assert len(content["in_distribution"]["images"]) == 3


def test_a_folder_against_a_data_set(infer, synthetic, folders, tmp_path):
    arguments = [argument for argument in synthetic if argument != "data=synthetic"]
    outcome = infer("ood", *arguments, f"source={folders[0]}", "other=synthetic", f"output={tmp_path / 'out'}")
    assert outcome.code == 0, outcome.err
    content = json.loads((tmp_path / "out" / "ood.json").read_text())
    assert len(content["out_of_distribution"]["images"]) == 3


def test_unreadable_images_are_skipped(infer, folders, tmp_path):
    (folders[1] / "bad.png").write_bytes(b"no image")
    outcome = infer("ood", f"source={folders[0]}", f"other={folders[1]}", f"output={tmp_path / 'out'}")
    assert outcome.code == 1
    assert "skipped" in outcome.err
    content = json.loads((tmp_path / "out" / "ood.json").read_text())
    assert [one["image"] for one in content["out_of_distribution"]["failed"]] == [str(folders[1] / "bad.png")]


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["other=../noise"], ["either source=FOLDER|GLOB or data=NAME, and not both"]),
        (["source=../in", "data=synthetic", "other=../noise"], ["and not both"]),
        (["source=../in"], ["other is missing; give other=NAME|FOLDER|GLOB"]),
        (["source=../in", "other=../noize"], ["other='../noize' is neither a data set", "'../noise'"]),
        (["source=../in", "other=kity"], ["other='kity' is neither a data set", "'kitti'"]),
        (["source=../inn", "other=../noise"], ["'../inn' does not exist", "'../in'"]),
        (["source=../in/0.png", "other=../noise"], ["source='../in/0.png' holds 1 image; at least 2"]),
        (["source=../in", "other=../noise/0.png"], ["other='../noise/0.png' holds 1 image; at least 2"]),
        (["source=../in", "other=../empty"], ["no images in folder"]),
        (["source=../in", "other=../broken"], ["'../broken' has 1 usable images", "bad.png"]),
        (["source=../in", "other=../in"], ["is the in-distribution set itself"]),
        (["data=synthetic", "other=synthetic"], ["is the in-distribution set itself"]),
        (["source=../in", "other=kitti"], ["data.root is missing"]),
        (["source=../in", "other=../noise", "uncertainty=none"], ["uncertainty=gradient instead of uncertainty=none"]),
        (["source=../in", "other=../noise", "size=native"], ["size=native", "size=HxW"]),
        (
            ["source=../in", "other=../noise", "uncertainty.gradient.reference=given"],
            ["uncertainty.gradient.reference=given"],
        ),
        (["source=../in", "other=../noise", "output=../in/0.png"], ["cannot write to '../in/0.png'"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_wrong_usage_is_one_line_and_writes_nothing(infer, folders, tmp_path, arguments, parts):
    (tmp_path / "empty").mkdir()
    broken = write_noise(tmp_path / "broken", 1)
    (broken / "bad.png").write_bytes(b"no image")
    before = files_in(tmp_path)
    outcome = infer("ood", *arguments)
    if "other=../broken" in arguments:
        assert outcome.code == 2
        assert all(part in outcome.err.splitlines()[-1] for part in parts)
    else:
        assert_one_error(outcome, *parts)
    assert files_in(tmp_path) == before


@pytest.mark.skipif(
    not all((DATA / name).is_dir() for name in ("kitti_raw", "redkitchen", "rt_monodepth_s")),
    reason=f"no KITTI, redkitchen and RT-MonoDepth-S in {DATA}",
)
def test_a_street_network_in_a_kitchen(infer, tmp_path):
    outcome = infer(
        "ood",
        f"checkpoint={DATA / 'rt_monodepth_s'}",
        *["data=kitti", f"data.root={DATA / 'kitti_raw'}", f"other={DATA / 'redkitchen'}/frame-00000*.color.jpg"],
        *["uncertainty.gradient.loss=squared_log", f"output={tmp_path / 'out'}"],
    )
    assert outcome.code == 0, outcome.err
    results = json.loads((tmp_path / "out" / "ood.json").read_text())["results"]["gradient"]
    assert results["log_mean"]["auroc"] > 0.9
