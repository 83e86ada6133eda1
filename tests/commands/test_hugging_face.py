"""Verbs on a folder of Hugging Face's save_pretrained: a tiny Depth Anything."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

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
