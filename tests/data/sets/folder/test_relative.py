"""Folders whose truth is a disparity up to a factor and a shift, or pairs of points."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gradunc.data.recorded.division import Division
from gradunc.data.recorded.frames import FrameDataset
from gradunc.data.sets.folder.frames import folder_frames
from gradunc.data.sets.folder.settings import FolderSettings
from gradunc.errors import InputError
from gradunc.types import Sample
from tests.data.sets.folder.helpers import SIZE, write_sequence

ALL = Division(1, 0, 0)


def samples(root: Path, kind: str, size: tuple[int, int] = SIZE) -> list[Sample]:
    data = FrameDataset(folder_frames(root, "train", (), FolderSettings(truth=kind), ALL), size)
    return [data[i] for i in range(len(data))]


@pytest.mark.parametrize("bits", [np.uint8, np.uint16])
def test_disparity_of_any_unit(tmp_path: Path, bits: type[np.unsignedinteger]) -> None:
    write_sequence(tmp_path, 2)
    (tmp_path / "disparity").mkdir()
    stored = np.arange(12 * 16, dtype=bits).reshape(12, 16)
    for name in ("im8", "im9"):
        Image.fromarray(stored).save(tmp_path / "disparity" / f"{name}.png")
    sample = samples(tmp_path, "disparity")[1]
    assert sample["disparity"].equal(torch.from_numpy(stored.astype(np.float32))[None])  # pyright: ignore[reportTypedDictNotRequiredAccess]
    assert sample["disparity_valid"].equal(sample["disparity"] > 0)  # pyright: ignore[reportTypedDictNotRequiredAccess]
    assert "depth" not in sample


def test_pairs_in_pixels_of_the_networks_image(tmp_path: Path) -> None:
    write_sequence(tmp_path, 1)
    (tmp_path / "ordinal").mkdir()
    (tmp_path / "ordinal" / "im8.csv").write_text("x1,y1,x2,y2,order\n0,1,31,23,nearer\n")
    # Half as wide and a third as high: x = 0.5 w'/w - 0.5.
    (sample,) = samples(tmp_path, "ordinal", (8, 16))
    expected = [0.5 / 2 - 0.5, 1.5 / 3 - 0.5, 31.5 / 2 - 0.5, 23.5 / 3 - 0.5, 1.0]
    assert sample["ordinal"][0].tolist() == pytest.approx(expected, abs=1e-6)  # pyright: ignore[reportTypedDictNotRequiredAccess]


@pytest.mark.parametrize(
    ("kind", "file", "content", "said"),
    [
        ("ordinal", "im8.csv", "x1,y1,x2,y2,order\n0,1,32,23,nearer\n", "line 2: x2=32 is beside an image of 32x24"),
        ("ordinal", "im7.csv", "", "no ordinal for 1 of 1 images"),
        ("disparity", "im8.png", "text", "im8.png"),
        ("disparity", "im7.png", "", "no 'im8.pfm' or .png, but 'im7.png'"),
    ],
)
def test_mistakes_are_told_before_a_training(tmp_path: Path, kind: str, file: str, content: str, said: str) -> None:
    write_sequence(tmp_path, 1)
    (tmp_path / kind).mkdir()
    (tmp_path / kind / file).write_text(content)
    with pytest.raises(InputError) as caught:
        samples(tmp_path, kind)
    assert said in str(caught.value)


def test_disparity_of_another_shape_is_refused(tmp_path: Path) -> None:
    write_sequence(tmp_path, 1)
    (tmp_path / "disparity").mkdir()
    Image.fromarray(np.ones((24, 24), np.uint8)).save(tmp_path / "disparity" / "im8.png")
    with pytest.raises(InputError, match="24x24"):
        samples(tmp_path, "disparity")
