import numpy as np
import pytest
from PIL import Image

from gradunc.data.formats.disparity_files import read_disparity
from gradunc.errors import InputError
from tests.data.formats.pfm_files import write_pfm


@pytest.mark.parametrize(
    ("kind", "scale", "divisor"), [(np.uint8, None, 1), (np.uint8, 3, 3), (np.uint16, 256, 256), (np.uint16, 1, 1)]
)
def test_zero_of_a_png_is_unknown(tmp_path, kind, scale, divisor):
    stored = np.array([[0, 1, 200]], kind)
    Image.fromarray(stored).save(tmp_path / "a.png")
    expected = np.array([[np.inf, 1 / divisor, 200 / divisor]], np.float32)
    np.testing.assert_array_equal(read_disparity(tmp_path / "a.png", scale), expected)


def test_a_pfm_has_pixels_whatever_the_scale(tmp_path):
    values = np.array([[np.inf, 0.0, 2.5]], np.float32)
    write_pfm(tmp_path / "a.pfm", values)
    np.testing.assert_array_equal(read_disparity(tmp_path / "a.pfm", 256), values)


def message(path, scale=None):
    with pytest.raises(InputError) as caught:
        read_disparity(path, scale)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_messages(tmp_path):
    path = tmp_path / "a.png"
    assert message(path).startswith(f"disparity '{path}' does not exist")
    Image.new("RGB", (2, 2), (1, 2, 3)).save(path)
    assert "is a PNG of mode RGB, not of gray" in message(path)
    Image.fromarray(np.ones((2, 2), np.uint16)).save(path)
    assert "has 16 bits: state data.stereo.disparity_scale" in message(path)
    Image.fromarray(np.zeros((2, 2), np.uint8)).save(path)
    assert "has no known pixel" in message(path)
    path.write_bytes(path.read_bytes()[:40])
    assert message(path).startswith("cannot read disparity")
    write_pfm(tmp_path / "a.pfm", np.full((2, 2), np.inf))
    assert "has no known pixel" in message(tmp_path / "a.pfm")
    write_pfm(tmp_path / "a.pfm", np.array([[np.nan, 1]]))
    assert "is NaN in 1 of 2 pixels; unknown is infinity" in message(tmp_path / "a.pfm")
