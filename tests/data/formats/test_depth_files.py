"""Files written here by other programs' means and read back exactly; one line for every bad one."""

import importlib
import struct
import zlib

import numpy as np
import OpenEXR
import pytest
from PIL import Image

from gradunc.data.formats import depth_files
from gradunc.data.formats.depth_files import read_depth
from gradunc.errors import InputError

STORED = np.array([[0, 1, 256], [1000, 40000, 65535]], dtype=np.uint16)


def png16(path, stored):
    """A 16-bit gray PNG by the format's definition (ISO/IEC 15948), without a library for images."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width = stored.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in stored)
    header = struct.pack(">IIBBBBB", width, height, 16, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return path


def exr(path, **channels):
    OpenEXR.File({"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}, channels).write(str(path))
    return path


def message(path, **options) -> str:
    with pytest.raises(InputError) as caught:
        read_depth(path, 1000, **options)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("scale", [1000, 256, 5000, 6553.5])
def test_png_is_divided_by_its_scale(tmp_path, scale):
    depth = read_depth(png16(tmp_path / "a.png", STORED), scale)
    assert depth.dtype == np.float32
    np.testing.assert_array_equal(depth, STORED.astype(np.float32) / np.float32(scale))


def test_png_by_pillow_and_values_that_mean_unknown(tmp_path):
    Image.fromarray(STORED).save(tmp_path / "a.png")
    depth = read_depth(tmp_path / "a.png", 1000, unknown=(0, 65535))
    np.testing.assert_array_equal(depth, np.array([[0, 0.001, 0.256], [1, 40, 0]], dtype=np.float32))


@pytest.mark.parametrize("shape", [(2, 3), (1, 2, 3), (2, 3, 1)])
@pytest.mark.parametrize("kind", [np.float32, np.float64, np.float16])
def test_npy_is_in_metres(tmp_path, shape, kind):
    values = np.arange(6).reshape(shape).astype(kind) / 2
    np.save(tmp_path / "a.npy", values)
    depth = read_depth(tmp_path / "a.npy", 1000)
    assert depth.dtype == np.float32
    np.testing.assert_array_equal(depth, np.array([[0, 0.5, 1], [1.5, 2, 2.5]]))


@pytest.mark.parametrize("name", ["Z", "Y", "V", "depth.Z", "anything"])
def test_exr_is_in_metres(tmp_path, name):
    values = np.array([[0.0, 1.5, 1e-3], [80.25, 3, 1e4]], dtype=np.float32)
    path = exr(tmp_path / "a.exr", **{name: values})
    np.testing.assert_array_equal(read_depth(path, 1000), values)


def test_exr_of_colour_and_of_half_floats(tmp_path):
    values = np.array([[1, 2], [0.5, 4]], dtype=np.float16)
    path = exr(tmp_path / "a.exr", B=values * 0, G=values * 0, R=values)
    np.testing.assert_array_equal(read_depth(path, 1000), values.astype(np.float32))
    assert "has the channels A, B" in message(exr(tmp_path / "b.exr", A=values, B=values))


def test_exr_without_the_extra(tmp_path, monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    (tmp_path / "a.exr").write_bytes(b"")
    assert "pip install 'gradunc[exr]'" in message(tmp_path / "a.exr")


@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
def test_eight_bits_are_refused(tmp_path, mode):
    Image.new(mode, (4, 3), 7 if mode != "RGB" else (7, 7, 7)).save(tmp_path / "a.png")
    assert f"a PNG of mode {mode}" in message(tmp_path / "a.png")


def test_nan_is_refused_or_unknown(tmp_path):
    np.save(tmp_path / "a.npy", np.array([[np.nan, 2], [np.inf, 4]], dtype=np.float32))
    assert "NaN or infinite in 2 of 4 pixels" in message(tmp_path / "a.npy")
    depth = read_depth(tmp_path / "a.npy", 1, nan_is_unknown=True)
    np.testing.assert_array_equal(depth, [[0, 2], [0, 4]])


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (np.zeros((2, 2), np.float32), "no known pixel"),
        (np.full((2, 2), np.nan, np.float32), "no known pixel"),
        (np.full((2, 2), -1, np.float32), "negative values (least -1 m)"),
        (np.ones((2, 2), np.uint16), "holds uint16; .npy files hold metres"),
        (np.ones((2, 2, 3), np.float32), "shape (2, 2, 3), not (H,W)"),
        (np.ones((0, 2), np.float32), "shape (0, 2)"),
    ],
)
def test_npy_that_is_no_depth(tmp_path, values, text):
    np.save(tmp_path / "a.npy", values)
    assert text in message(tmp_path / "a.npy", nan_is_unknown=True)


@pytest.mark.parametrize("name", ["a.png", "a.npy", "a.exr"])
def test_damaged_files(tmp_path, name):
    (tmp_path / name).write_bytes(b"\x89PNG\r\n\x1a\nrubbish")
    assert "cannot read depth" in message(tmp_path / name) or "is no PNG" in message(tmp_path / name)


def test_truncated_png(tmp_path):
    whole = png16(tmp_path / "a.png", np.random.default_rng(0).integers(1, 65535, (40, 40)).astype(np.uint16))
    (tmp_path / "b.png").write_bytes(whole.read_bytes()[:900])
    assert message(tmp_path / "b.png").startswith("cannot read depth")


def test_missing_and_foreign_files(tmp_path):
    assert message(tmp_path / "a.png") == f"depth '{tmp_path / 'a.png'}' does not exist"
    (tmp_path / "a.txt").touch()
    assert ".png, .npy, .exr" in message(tmp_path / "a.txt")
    assert depth_files.SUFFIXES == (".png", ".npy", ".exr")
