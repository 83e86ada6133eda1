"""The network that comes with the package."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gradunc.commands.infer import main
from gradunc.models import export_model, load_model
from gradunc.models.sample import FOLDER
from tests.helpers import tiny_model


def test_it_is_small() -> None:
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 4e6


def test_it_says_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    model = load_model("sample")
    said = capsys.readouterr().err
    assert "trained on 800 rendered images of streets" in said
    assert "licence of the weights: Apache-2.0" in said
    assert model.output_space.ambiguity == "metric"


def test_a_folder_of_this_name_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mine = tiny_model()
    export_model(mine, "sample")
    found = load_model("sample")
    assert all(torch.equal(one, other) for one, other in zip(found.parameters(), mine.parameters(), strict=True))


def test_predict_needs_nothing_but_a_photo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    levels = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    Image.fromarray(levels).save("photo.png")
    assert main(["predict", "photo.png", "output=maps", "device=cpu"]) == 0
    assert "the sample network of gradunc" in capsys.readouterr().err
    assert list(Path("maps").glob("**/*.png"))
    assert not Path("sample").exists()
