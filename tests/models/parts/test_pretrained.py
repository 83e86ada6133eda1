from pathlib import Path

import pytest

from gradunc.errors import InputError
from gradunc.models import build_model
from gradunc.models.parts.pretrained import Pretrained
from tests.helpers import tiny_settings


@pytest.mark.parametrize(
    ("text", "download"), [("true", True), ("True", True), ("FALSE", False), ("on", True), ("No", False)]
)
def test_words(text: str, download: bool) -> None:
    assert Pretrained.parse(text) == Pretrained(download, None)


def test_a_file_that_exists(tmp_path: Path) -> None:
    (tmp_path / "weights.pth").touch()
    assert Pretrained.parse(str(tmp_path / "weights.pth")) == Pretrained(file=tmp_path / "weights.pth")


@pytest.mark.parametrize("option", ["model.pretrained", "objective.pose_pretrained"])
def test_anything_else_names_the_option(option: str) -> None:
    with pytest.raises(InputError, match=f"^{option}='nowhere.pth' is neither true, false nor an existing file$"):
        Pretrained.parse("nowhere.pth", option)


def test_a_model_says_it_too() -> None:
    with pytest.raises(InputError, match=r"^model\.pretrained='nowhere\.pth' is neither"):
        build_model(tiny_settings(pretrained="nowhere.pth"))
