"""Depth of both images in `evaluate`, `predict` and the test of a training; the uncertainties stay what they are."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import gradunc
from gradunc.commands.train import main as train
from gradunc.models import load_model
from tests.helpers import TINY, Call, assert_one_error, write_images

pytestmark = pytest.mark.slow


def test_evaluate_says_which_depth_it_is(evaluate, synthetic, tmp_path: Path) -> None:
    found = {}
    for how in ("none", "mean", "blended"):
        outcome = evaluate(*synthetic, f"evaluation.mirrored={how}", f"output={tmp_path / how}")
        assert outcome.code == 0, outcome.err
        found[how] = json.loads((tmp_path / how / "metrics.json").read_text())
    errors = {how: one["depth"]["model"]["abs_rel"] for how, one in found.items()}
    assert len(set(errors.values())) == 3
    areas = [{k: v for k, v in one["uncertainty"]["gradient"].items() if "aus" in k} for one in found.values()]
    assert areas[0] == areas[1] == areas[2]
    assert "depth mean with the mirrored image's" in found["mean"]["protocol"]
    assert_one_error(evaluate(*synthetic, "evaluation.mirrored=both", "output=no"), "evaluation.mirrored", "blended")


def test_predict_writes_the_depth_of_both(predict, export, tmp_path: Path) -> None:
    (photo,) = write_images(tmp_path / "in")
    maps = {}
    for how in ("none", "mean"):
        outcome = predict(f"source={photo}", f"mirrored={how}", f"output={tmp_path / how}", "write=maps")
        assert outcome.code == 0, outcome.err
        maps[how] = [np.load(next((tmp_path / how).rglob(f"*.{name}.npy"))) for name in ("depth", "uncertainty")]
    assert maps["mean"][1].tolist() == maps["none"][1].tolist()
    assert json.loads((tmp_path / "mean" / "summary.json").read_text())["settings"]["mirrored"] == "mean"
    called = gradunc.predict(photo, load_model(export), mirrored="mean")
    np.testing.assert_allclose(called.depth, maps["mean"][0], rtol=1e-5)
    # At the size of the network, the mean of two predictions.
    model = load_model(export)
    image = torch.rand(1, 3, *model.size)
    with torch.no_grad():
        expected = (model(image).depth + model(image.flip(-1)).depth.flip(-1)) / 2
    alone = gradunc.predict(image[0], model, mirrored="mean", estimator=None)
    np.testing.assert_allclose(alone.depth, expected[0, 0], rtol=1e-5)
    refused = predict(f"source={photo}", f"output={tmp_path / 'mean'}")
    assert_one_error(refused, "were made with mirrored=mean")
    with pytest.raises(gradunc.InputError, match="unknown mirrored 'both'"):
        gradunc.predict(photo, model, mirrored="both")  # pyright: ignore[reportArgumentType]


def test_the_test_of_a_training(call: Call, synthetic: tuple[str, ...]) -> None:
    data = (*synthetic, "data.synthetic.train_scenes=2", "data.synthetic.val_scenes=1", "data.batch_size=2")
    steps = ("trainer.max_steps=1", "trainer.max_epochs=1", "logger=none", "output=runs", "uncertainty=none")
    outcome = call(train, *TINY, *data, *steps, "objective=supervised", "evaluation.mirrored=blended")
    assert outcome.code == 0, outcome.err
    (metrics,) = Path("runs").rglob("metrics.json")
    assert "depth blended with the mirrored image's" in json.loads(metrics.read_text())["protocol"]
