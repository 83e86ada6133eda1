"""Labels of a teacher: what is stored, what is kept by a second call, and whose they are."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gradunc.commands.pseudo_labels import write_labels
from gradunc.data.formats.disparity_files import read_disparity
from gradunc.errors import InputError
from gradunc.models import export_model
from tests.helpers import SIZE, tiny_model, write_images


@pytest.fixture
def images(tmp_path: Path) -> Path:
    write_images(tmp_path / "images", [SIZE] * 3)
    return tmp_path / "images"


def files(folder: Path, kind: str) -> list[Path]:
    return sorted(folder.glob(f"shard-*/{kind}/*.png"))


def test_labels_are_the_teacher_up_to_a_factor_and_a_shift(images: Path, export: Path, tmp_path: Path) -> None:
    assert write_labels(str(images), str(export), tmp_path / "labels", SIZE, shard=2, progress=False) == 3
    assert [path.parts[-3] for path in files(tmp_path / "labels", "disparity")] == ["shard-00000"] * 2 + ["shard-00001"]
    seen, label = files(tmp_path / "labels", "images")[1], files(tmp_path / "labels", "disparity")[1]
    assert seen.name == label.name == "00000001-1.png"
    stored = np.asarray(Image.open(seen))
    assert (stored == np.asarray(Image.open(images / "1.png"))).all(), "an image of the right size stays as it is"
    with torch.no_grad():
        depth = tiny_model()(torch.from_numpy(stored.copy()).movedim(-1, 0)[None] / 255).depth[0, 0].numpy()
    found = read_disparity(label, 1.0)
    assert (found.min(), found.max()) == (1, 65535)
    slope, shift = np.polyfit((1 / depth).ravel(), found.ravel(), 1)
    assert slope > 0
    assert abs(slope / depth + shift - found).max() < 65535 * 1e-3


def test_a_second_call_makes_what_is_missing_only(images: Path, export: Path, tmp_path: Path) -> None:
    folder = tmp_path / "labels"
    write_labels(str(images), str(export), folder, SIZE, progress=False)
    first, second, _ = files(folder, "disparity")
    content = second.read_bytes()
    first.write_bytes(b"kept")
    second.unlink()
    facts = json.loads((folder / "labels.json").read_text())
    del facts["images"]  # a call that was interrupted
    (folder / "labels.json").write_text(json.dumps(facts))
    assert write_labels(str(images), str(export), folder, SIZE, progress=False) == 3
    assert first.read_bytes() == b"kept"
    assert second.read_bytes() == content


@pytest.mark.parametrize("what", ["teacher", "names", "size"])
def test_labels_of_something_else_are_refused(what: str, images: Path, export: Path, tmp_path: Path) -> None:
    write_labels(str(images), str(export), tmp_path / "labels", SIZE, progress=False)
    teacher, size = export, SIZE
    if what == "teacher":
        teacher = export_model(tiny_model(seed=1), tmp_path / "other")
    elif what == "names":
        write_images(images, [SIZE] * 4)
    else:
        size = (32, 96)
    with pytest.raises(InputError, match=f"another teacher or other images.*{what}=.*pseudo.folder"):
        write_labels(str(images), str(teacher), tmp_path / "labels", size, progress=False)
