"""`infer.py predict` on a folder of a Marigold pipeline: what the pipeline itself says of the photo."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.helpers import Call, files_in, write_images
from tests.models.adapters.marigold_networks import diffusers, saved, seeds


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("marigold"))


def by_library(folder: Path, photo: Path, members: int, **options: Any) -> Any:
    """What diffusers predicts of a photo, at the size that the pipeline says, resized to the photo's."""
    pipeline = diffusers.MarigoldDepthPipeline.from_pretrained(folder)
    pipeline.set_progress_bar_config(disable=True)
    drawn: Any = seeds(*range(members))
    return pipeline(Image.open(photo), ensemble_size=members, generator=drawn, **options)


def maps_of(folder: Path, photo: Path) -> tuple[np.ndarray, np.ndarray]:
    depth, uncertainty = (np.load(folder / f"{photo.name}.{kind}.npy") for kind in ("depth", "uncertainty"))
    return depth, uncertainty


def test_predict(infer: Call, folder: Path, tmp_path: Path) -> None:
    """The gradient at the VAE's decoder by default; results are kept for the same network."""
    (photo,) = write_images(tmp_path / "photos", [(90, 130)], ".jpg")
    for said in ("1 images written", "kept 1 of 1 results"):
        outcome = infer("predict", f"checkpoint={folder}", str(photo), f"output={tmp_path / 'out'}")
        assert outcome.code == 0, outcome.err
        assert said in outcome.err
    kinds = {name.removeprefix(photo.name) for name in files_in(tmp_path / "out")}
    assert {".depth.npy", ".uncertainty.npy", ".panel.png"} <= kinds
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["settings"]["size"] == "at most 64x64, in the image's shape, multiples of 1, bilinear_float"
    depth, uncertainty = maps_of(tmp_path / "out", photo)
    np.testing.assert_allclose(depth, by_library(folder, photo, 1).prediction[0, ..., 0], rtol=0, atol=1e-4)
    known = np.isfinite(uncertainty)
    assert known.mean() > 0.9, "only clipped outputs have no gradient"
    assert uncertainty[known].max() > uncertainty[known].min() >= 0


def test_predict_with_the_ensemble(infer: Call, folder: Path, tmp_path: Path) -> None:
    (photo,) = write_images(tmp_path / "photos", [(90, 130)], ".png")
    own = "uncertainty.noise_ensemble"
    options = "uncertainty=noise_ensemble", f"{own}.members=3", f"{own}.iterations=0"
    outcome = infer("predict", f"checkpoint={folder}", str(photo), f"output={tmp_path / 'out'}", *options)
    assert outcome.code == 0, outcome.err
    expected = by_library(folder, photo, 3, output_uncertainty=True, ensembling_kwargs={"max_iter": 0})
    depth, uncertainty = maps_of(tmp_path / "out", photo)
    np.testing.assert_allclose(depth, expected.prediction[0, ..., 0], rtol=0, atol=1e-4)
    np.testing.assert_allclose(uncertainty, expected.uncertainty[0, ..., 0], rtol=0, atol=1e-4)


def test_other_networks_have_no_noise(infer: Call, tmp_path: Path) -> None:
    (photo,) = write_images(tmp_path / "photos", [(48, 64)], ".png")
    outcome = infer("predict", "checkpoint=sample", str(photo), "uncertainty=noise_ensemble", "output=out")
    assert outcome.code == 2
    assert "uncertainty.noise_ensemble: the network draws no noise" in outcome.err
    assert "Traceback" not in outcome.err
