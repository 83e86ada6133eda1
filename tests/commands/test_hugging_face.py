"""Verbs on a folder of Hugging Face's save_pretrained: a tiny Depth Anything."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn.functional import interpolate
from transformers import AutoModelForDepthEstimation, DPTImageProcessor

from gradunc.commands.network import learned_folder
from gradunc.data.image_files import read_image, resize_image
from gradunc.models import load_model
from gradunc.uncertainty import GradientUncertainty, image_scores
from tests.helpers import Call, files_in, random_images, write_images
from tests.models.adapters.huggingface_networks import depth_anything


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("depth-anything")
    network: Any = depth_anything()
    network.head.conv3.bias.data.fill_(5.0)  # away from disparity 0, where relative differences are rounding
    network.save_pretrained(path)
    return path


def estimator(folder: Path) -> GradientUncertainty:
    return GradientUncertainty.recommended(load_model(folder))


@pytest.mark.slow
def test_export(infer: Call, folder: Path, tmp_path: Path) -> None:
    outcome = infer("export", f"checkpoint={folder}", "to=x.pt2", "size=56x84")
    assert outcome.code == 0, outcome.err
    assert "x.pt2: image (1,3,56,84) -> depth, uncertainty (1,1,56,84)" in outcome.out

    image = random_images(1, 56, 84)
    depth, uncertainty = torch.export.load(tmp_path / "here" / "x.pt2").module()(image)
    expected = estimator(folder).estimate(image)
    torch.testing.assert_close(depth, expected.depth, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(uncertainty, expected.uncertainty, rtol=1e-3, atol=1e-4 * float(uncertainty.max()))


def test_ood(infer: Call, folder: Path, tmp_path: Path) -> None:
    for name, count in (("in", 2), ("noise", 3)):
        write_images(tmp_path / name, [(60, 90)] * count)
    arguments = f"source={tmp_path / 'in'}", f"other={tmp_path / 'noise'}", f"output={tmp_path / 'out'}", "size=56x84"
    outcome = infer("ood", f"checkpoint={folder}", *arguments)
    assert outcome.code == 0, outcome.err
    assert files_in(tmp_path / "out") == {"ood.json", "ood.csv", "ood.md", "ood.png"}

    content = json.loads((tmp_path / "out" / "ood.json").read_text())
    for side, count in (("in_distribution", 2), ("out_of_distribution", 3)):
        images = content[side]["images"]
        assert len(images) == count
        for one in images:
            image = resize_image(read_image(Path(one["path"]))[None], (56, 84))
            expected = {name: float(value) for name, value in image_scores(estimator(folder).estimate(image)).items()}
            assert one["scores"]["gradient"] == pytest.approx(expected, rel=1e-5)


def by_library(folder: Path, processor: DPTImageProcessor, photo: Path) -> np.ndarray:
    """(H,W), what transformers itself predicts of a photo; disparity is resized as it is."""
    network = AutoModelForDepthEstimation.from_pretrained(folder)
    inputs: Any = processor(images=Image.open(photo), return_tensors="pt")
    assert inputs["pixel_values"].shape[-2:] == (56, 84)
    with torch.no_grad():
        disparity = network(**inputs).predicted_depth[:, None]
    return interpolate(disparity, (60, 90), mode="bilinear", align_corners=False)[0, 0].numpy()


@pytest.fixture
def processor() -> DPTImageProcessor:
    return DPTImageProcessor(size={"height": 56, "width": 56}, keep_aspect_ratio=True, ensure_multiple_of=14)


@pytest.fixture
def cached(folder: Path, processor: DPTImageProcessor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the cache of the hub holds of `hf:owner/tiny-hf`."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    place = tmp_path / "cache" / "models--owner--tiny-hf"
    snapshot = place / "snapshots" / ("ab" * 20)
    shutil.copytree(folder, snapshot)
    processor.save_pretrained(snapshot)
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text("ab" * 20)
    return snapshot


@pytest.mark.usefixtures("cached")
def test_predict_from_the_hub(infer: Call, folder: Path, processor: DPTImageProcessor, tmp_path: Path) -> None:
    """`hf:ORG/NAME` is the folder that the cache of the hub holds; results are kept for the same name."""
    (photo,) = write_images(tmp_path / "photos", [(60, 90)], ".jpg")
    for said in ("1 images written", "kept 1 of 1 results"):
        outcome = infer("predict", "checkpoint=hf:owner/tiny-hf", str(photo), f"output={tmp_path / 'out'}")
        assert outcome.code == 0, outcome.err
        assert said in outcome.err
    kinds = {name.removeprefix(photo.name) for name in files_in(tmp_path / "out")}
    assert {".depth.npy", ".uncertainty.npy", ".panel.png"} <= kinds
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["model"]["checkpoint"] == "hf:owner/tiny-hf"
    assert summary["settings"]["size"] == "56x56, in the image's shape, multiples of 14, bicubic"
    depth = np.load(tmp_path / "out" / f"{photo.name}.depth.npy")
    np.testing.assert_allclose(depth, by_library(folder, processor, photo), rtol=1e-5)


def test_other_verbs_from_the_hub(infer: Call, synthetic: tuple[str, ...], cached: Path) -> None:
    """What is learned lies in the cache, beside the network."""
    assert learned_folder("hf:owner/tiny-hf") == cached / "uncertainty"
    checkpoint, few = "checkpoint=hf:owner/tiny-hf", ("data.synthetic.val_scenes=2", "size=56x84")
    for verb, given in {
        "layers": (checkpoint, "size=56x84"),
        "fit": (*synthetic, *few, checkpoint, "uncertainty=feature_density"),
        "evaluate": (*synthetic, *few, checkpoint, "uncertainty=feature_density"),
    }.items():
        outcome = infer(verb, *given)
        assert outcome.code == 0, outcome.err
    assert any(name.startswith("feature_density-") for name in files_in(cached / "uncertainty"))
