"""The size at which a network sees a data set when nobody says it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gradunc.commands.data_size import data_size
from gradunc.data.settings import DataSettings
from gradunc.errors import InputError
from gradunc.models.adapters.preparation import ImagePreparation
from tests.data.sets.folder.helpers import CAMERA, SIZE, write_sequence

FOURTEENS = ImagePreparation(56, 56, keep_aspect=True, multiple=14)
WHY = "a data set is evaluated at one size"


def network(preparation: ImagePreparation | None = FOURTEENS, size: Any = None) -> Any:
    return SimpleNamespace(preparation=preparation, size=size)


@pytest.fixture
def stored(tmp_path: Path) -> DataSettings:
    """Images of 24x32 pixels."""
    for name in ("a", "b", "c"):
        write_sequence(tmp_path / "data" / name, camera=CAMERA, depth=".npy")
    return DataSettings(name="folder", root=str(tmp_path / "data"))


RENDERED = DataSettings(name="synthetic")


def test_stored_images_are_seen_as_the_processor_resizes_them(stored: DataSettings, capsys: Any) -> None:
    assert SIZE == (24, 32)
    # 56/32 changes the sides less than 56/24: 42x56, both multiples of 14.
    for size in (None, (56, 56)):
        assert data_size(None, network(size=size), stored, WHY) == (42, 56)
    assert "size: 42x56, as the network's image processor resizes images of 24x32" in capsys.readouterr().err
    assert data_size("28x28", network(), stored, WHY) == (28, 28)


def test_without_test_images_those_of_validation_decide(stored: DataSettings) -> None:
    stored.division.test = 0
    assert data_size(None, network(), stored, WHY) == (42, 56)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (network(size=(64, 96)), (64, 96)),
        (network(), (56, 56)),
        (network(ImagePreparation(multiple=32)), (192, 640)),
        (network(None, (64, 96)), (64, 96)),
    ],
)
def test_images_that_are_made_have_the_size_of_the_network(model: Any, expected: Any) -> None:
    assert data_size(None, model, RENDERED, WHY) == expected


def test_a_network_that_says_nothing(stored: DataSettings) -> None:
    with pytest.raises(InputError, match="size is missing, and the network does not say"):
        data_size(None, network(None), stored, WHY)
    with pytest.raises(InputError, match=r"size=native is for .+ predict; a data set is evaluated at one size"):
        data_size("native", network(), stored, WHY)
