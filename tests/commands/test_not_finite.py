"""Predictions that are not finite: counted, and no result where there is nothing else."""

import json

import numpy as np
import pytest
import torch

from gradunc.models import EncoderDecoder, export_model
from tests.helpers import files_in, tiny_model, write_images


@pytest.fixture
def broken(tmp_path):
    """A network of NaN, as a training that has diverged leaves it."""
    model = tiny_model()
    with torch.no_grad():
        for weight in model.parameters():
            weight.fill_(torch.nan)
    return export_model(model, tmp_path / "broken")


@pytest.fixture
def blind(monkeypatch):
    """Every prediction is NaN in its first three columns, of a narrow image in all."""
    predict = EncoderDecoder.forward

    def forward(self, image, **options):
        prediction = predict(self, image, **options)
        known = torch.arange(image.shape[-1]) >= (3 if image.shape[-1] > 64 else 64)
        return prediction._replace(depth=prediction.depth.where(known, torch.nan))

    monkeypatch.setattr(EncoderDecoder, "forward", forward)


@pytest.mark.filterwarnings("ignore:.*not finite")
@pytest.mark.parametrize("uncertainty", ["none", "gradient"])
def test_a_network_of_nan_has_no_results(predict, broken, tmp_path, uncertainty):
    write_images(tmp_path / "in", [(48, 64), (50, 60)])
    outcome = predict(
        f"checkpoint={broken}", tmp_path / "in", f"output={tmp_path / 'out'}", f"uncertainty={uncertainty}"
    )
    assert outcome.code == 2
    *skipped, last = outcome.err.splitlines()
    assert last.startswith("error: none of 2 images could be predicted; the first: the predicted depth of")
    assert len(skipped) == 2
    assert not (tmp_path / "out").exists()


def test_that_the_weights_are_not_finite_is_said_when_they_are_read(predict, broken, tmp_path):
    write_images(tmp_path / "in")
    with pytest.warns(UserWarning, match=r"tensors of monodepth2 hold numbers that are not finite, first 'enc") as said:
        predict(f"checkpoint={broken}", tmp_path / "in", f"output={tmp_path / 'out'}", "uncertainty=none")
    assert len(said) == 1
    assert "\n" not in str(said[0].message)


def test_they_are_counted_and_an_image_of_nothing_else_has_failed(predict, blind, tmp_path):
    write_images(tmp_path / "in", [(64, 96), (32, 64), (64, 80)])
    arguments = tmp_path / "in", f"output={tmp_path / 'out'}", "uncertainty=none", "size=native"
    outcome = predict(*arguments)
    assert outcome.code == 1
    first, _, last = outcome.err.splitlines()
    assert "1.png' is nowhere finite" in first
    total = 64 * 96 + 64 * 80
    said = f"; 384 of {total} values are not finite, in 2 images (summary.json)"
    assert last == f"2 images written to {tmp_path / 'out'}, 1 skipped{said}"
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["not_finite"] == {"0.png": {"depth": 192}, "2.png": {"depth": 192}}
    assert summary["images"] == ["0.png", "2.png"]
    assert [one["image"] for one in summary["failed"]] == ["1.png"]
    assert np.isnan(np.load(tmp_path / "out" / "0.png.depth.npy")).sum() == 192
    again = predict(*arguments)
    assert json.loads((tmp_path / "out" / "summary.json").read_text()) == summary, "kept results are counted, too"
    assert again.err.splitlines()[-1].endswith(said)


@pytest.mark.filterwarnings("ignore:.*not finite")
def test_ood(infer, broken, tmp_path):
    for folder in ("in", "foreign"):
        write_images(tmp_path / folder, [(64, 96), (64, 96)])
    outcome = infer(
        "ood", f"checkpoint={broken}", f"source={tmp_path / 'in'}", f"other={tmp_path / 'foreign'}", "output=out"
    )
    assert outcome.code == 2
    assert "has 0 usable images, at least 2 are needed; the first: a score of" in outcome.err
    assert files_in(tmp_path / "here") == set()


def test_ood_says_how_many(infer, blind, tmp_path):
    """An image whose prediction is finite in some pixels only has no loss either."""
    for folder in ("in", "foreign"):
        write_images(tmp_path / folder, [(64, 96), (64, 96)])
    given = f"source={tmp_path / 'in'}", f"other={tmp_path / 'foreign'}"
    outcome = infer("ood", *given, "uncertainty=gradient_published")
    assert outcome.code == 2
    assert outcome.err.count("is not finite: 192 of 6144 predicted values are not finite") == 3


def test_a_finite_network_says_nothing(predict, tmp_path):
    write_images(tmp_path / "in")
    outcome = predict(tmp_path / "in", f"output={tmp_path / 'out'}", "uncertainty=none")
    assert outcome.err.splitlines() == [f"1 images written to {tmp_path / 'out'}, 0 skipped"]
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["not_finite"] == {}
