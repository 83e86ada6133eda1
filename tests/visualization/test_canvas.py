import sys
from subprocess import run

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from gradunc.errors import InputError
from gradunc.visualization import canvas, save_png

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)


def read(path):
    return np.round(imread(path)[..., :3] * 255).astype(np.uint8)


def test_an_array_survives(tmp_path):
    path = save_png(PIXELS, tmp_path / "new" / "folder" / "picture.png")
    assert np.array_equal(read(path), PIXELS)
    assert [entry.name for entry in path.parent.iterdir()] == ["picture.png"]


def test_a_figure_has_its_own_size(tmp_path):
    assert read(save_png(Figure(figsize=(3, 2), dpi=50), tmp_path / "figure.png")).shape == (100, 150, 3)


def test_a_failure_keeps_the_old_file_and_leaves_no_other(tmp_path, monkeypatch):
    path = save_png(PIXELS, tmp_path / "picture.png")

    def fail(file, *_, **__):
        file.write_bytes(b"half of a pict")
        raise OSError("disk full")

    monkeypatch.setattr(canvas, "imsave", fail)
    with pytest.raises(InputError, match="disk full; choose another place"):
        save_png(PIXELS // 2, path)
    assert np.array_equal(read(path), PIXELS)
    assert [entry.name for entry in tmp_path.iterdir()] == ["picture.png"]


def test_other_formats_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"\.png"):
        save_png(PIXELS, tmp_path / "picture.jpg")


@pytest.mark.slow
def test_pyplot_is_never_imported():
    code = "import sys, gradunc.visualization; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert run([sys.executable, "-c", code], check=False).returncode == 0
