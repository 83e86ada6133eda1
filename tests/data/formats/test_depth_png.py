"""16-bit depth files made here are read back exactly, and every other file is told apart."""

import numpy as np
import pytest
from PIL import Image

from gradunc.data.formats.depth_png import read_png16
from gradunc.errors import InputError

VALUES = np.array([[0, 1, 256], [2560, 32768, 65535]], dtype=np.uint16)


def message(path) -> str:
    with pytest.raises(InputError) as caught:
        read_png16(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def path(tmp_path):
    Image.fromarray(VALUES).save(tmp_path / "depth.png")
    return tmp_path / "depth.png"


def test_integers_are_read_back(path):
    assert read_png16(path).dtype == np.uint16
    np.testing.assert_array_equal(read_png16(path), VALUES)


def test_other_pixels(tmp_path):
    path = tmp_path / "depth.png"
    for mode, text in (("L", "mode L (8 bits)"), ("RGB", "mode RGB"), ("P", "mode P (8 bits)")):
        Image.new(mode, (4, 3)).save(path)
        assert message(path) == (
            f"depth '{path}' is a PNG of {text}, not of 16-bit gray: the depth was converted or coloured; "
            "take the original file"
        )


def test_damaged_and_missing_files(path, tmp_path):
    assert message(tmp_path / "dept.png") == f"depth '{tmp_path / 'dept.png'}' does not exist; nearest: '{path}'"
    path.write_bytes(path.read_bytes()[:45])
    assert message(path).startswith(f"cannot read depth '{path}': ")
    path.write_bytes(b"not a picture")
    assert message(path) == f"cannot read depth '{path}': not a PNG file"
    Image.new("RGB", (4, 3)).save(path, format="JPEG")
    assert message(path) == f"cannot read depth '{path}': not a PNG file"
