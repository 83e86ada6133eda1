"""Every kind of image file that people have, made here, and every way in which one can be broken."""

import contextlib
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gradunc.data.image_files import read_image, resize_image
from gradunc.data.inputs import open_images
from gradunc.errors import InputError

RED_GREEN = np.array([[[255, 0, 0], [0, 255, 0]]], dtype=np.uint8)  # one row, two columns


def save(path: Path, pixels: np.ndarray, mode: str | None = None, **options) -> Path:
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(path, **options)
    return path


def message(action, *arguments) -> str:
    with pytest.raises(InputError) as caught:
        action(*arguments)
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".tiff", ".PNG", ".ppm"])
def test_lossless_formats_keep_every_value(tmp_path, suffix):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    image = read_image(save(tmp_path / f"a{suffix}", pixels))
    assert image.shape == (3, 5, 7)
    assert image.dtype == torch.float32
    assert image.is_contiguous()
    torch.testing.assert_close(image, torch.from_numpy(pixels).permute(2, 0, 1) / 255, rtol=0, atol=1e-7)


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".webp"])
def test_lossy_formats_are_near(tmp_path, suffix):
    pixels = np.full((16, 16, 3), (200, 100, 50), dtype=np.uint8)
    image = read_image(save(tmp_path / f"a{suffix}", pixels, quality=95))
    torch.testing.assert_close(image.mean((1, 2)), torch.tensor([200, 100, 50]) / 255, rtol=0, atol=0.02)


def test_mpo_of_two_pictures_gives_the_first(tmp_path):
    white = Image.new("RGB", (8, 8), "white")
    white.save(tmp_path / "a.jpg", format="MPO", save_all=True, append_images=[Image.new("RGB", (8, 8))])
    assert read_image(tmp_path / "a.jpg").min() > 0.99


def test_the_content_counts_and_not_the_suffix(tmp_path):
    save(tmp_path / "a.png", RED_GREEN).rename(tmp_path / "a.jpg")
    assert read_image(tmp_path / "a.jpg")[0, 0, 0] == 1


@pytest.mark.parametrize("mode", ["L", "1"])
def test_gray_becomes_three_equal_channels(tmp_path, mode):
    image = read_image(save(tmp_path / "a.png", np.array([[0, 255]], dtype=np.uint8), mode))
    assert image.tolist() == [[[0, 1]]] * 3


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_16_bit_gray_keeps_its_bits(tmp_path, suffix):
    pixels = np.array([[0, 1, 256, 65535]], dtype=np.uint16)
    image = read_image(save(tmp_path / f"a{suffix}", pixels))
    expected = torch.tensor([[0, 1, 256, 65535]]) / 65535
    torch.testing.assert_close(image, expected.expand(3, 1, 4), rtol=1e-6, atol=0)


def test_16_bit_colour_is_read_with_8_bits(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(png_16_bit_rgb((0x1234, 0x8000, 0xFFFF)))
    expected = torch.tensor([0x12, 0x80, 0xFF]) / 255
    torch.testing.assert_close(read_image(path).flatten(), expected, rtol=0, atol=1 / 255)


def png_16_bit_rgb(color: tuple[int, int, int]) -> bytes:
    """A 1x1 PNG by hand, since Pillow cannot write one."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0" + struct.pack(">HHH", *color)))
    return b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b"")


def test_alpha_is_dropped(tmp_path):
    rgba = np.array([[[255, 0, 0, 0], [0, 255, 0, 128]]], dtype=np.uint8)
    torch.testing.assert_close(
        read_image(save(tmp_path / "a.png", rgba)), torch.tensor(RED_GREEN / 255).float().permute(2, 0, 1)
    )


def test_gray_with_alpha(tmp_path):
    image = read_image(save(tmp_path / "a.png", np.array([[[255, 0], [51, 255]]], dtype=np.uint8)))
    torch.testing.assert_close(image, torch.tensor([[[1, 0.2]]]).expand(3, 1, 2))


def test_palette_with_transparency(tmp_path):
    image = Image.fromarray(RED_GREEN).quantize(2)
    image.save(tmp_path / "a.png", transparency=0)
    torch.testing.assert_close(read_image(tmp_path / "a.png")[:, 0].T, torch.tensor(RED_GREEN[0] / 255).float())


def test_cmyk(tmp_path):
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "a.jpg", quality=95)
    torch.testing.assert_close(
        read_image(tmp_path / "a.jpg").mean((1, 2)), torch.tensor([1.0, 0, 0]), rtol=0, atol=0.02
    )


@pytest.mark.parametrize(("orientation", "expected"), [(1, [[0, 1]]), (2, [[1, 0]]), (6, [[0], [1]]), (8, [[1], [0]])])
def test_exif_orientation_is_applied(tmp_path, orientation, expected):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = save(tmp_path / "a.png", np.array([[0, 255]], dtype=np.uint8), exif=exif)
    assert read_image(path)[0].tolist() == expected


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp", ".tif", ".ppm"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_truncated(tmp_path, suffix, share):
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    path = save(tmp_path / f"a{suffix}", pixels)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    assert message(read_image, path).startswith(f"cannot read image '{path}': ")


def test_damaged_bytes_never_raise_anything_else(tmp_path):
    draw = np.random.default_rng(0)
    path = save(tmp_path / "a.png", draw.integers(0, 256, (16, 16, 3), dtype=np.uint8))
    data = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    for _ in range(100):
        damaged = data.copy()
        damaged[draw.integers(len(data), size=4)] = draw.integers(0, 256, 4)
        path.write_bytes(damaged.tobytes())
        with contextlib.suppress(InputError):
            assert read_image(path).shape[0] == 3


def test_files_that_are_no_images(tmp_path):
    path = tmp_path / "a.png"
    path.write_text("hello")
    assert (
        message(read_image, path) == f"cannot read image '{path}': not a JPEG, PNG, WebP, AVIF, BMP, TIFF or PPM file"
    )
    path.write_bytes(b"")
    assert message(read_image, path) == f"cannot read image '{path}': the file is empty"
    assert message(read_image, tmp_path) == f"image '{tmp_path}' is a folder; give a regular file"


def test_pixels_without_a_known_range(tmp_path):
    path = save(tmp_path / "a.tif", np.ones((2, 2), dtype=np.float32))
    assert message(read_image, path).endswith("float pixels have no known range; save it with 8 or 16 bits")
    path = save(tmp_path / "b.tif", np.full((2, 2), 70000, dtype=np.int32))
    assert message(read_image, path).endswith("gray values beyond 16 bits; save it with 8 or 16 bits")


def test_missing_file_names_the_nearest(tmp_path):
    save(tmp_path / "street.png", RED_GREEN)
    save(tmp_path / "kitchen.png", RED_GREEN)
    absent = tmp_path / "steet.png"
    expected = f"'{absent}' does not exist; did you mean '{tmp_path / 'street.png'}'?"
    assert message(read_image, absent) == expected
    assert message(open_images, str(absent)) == expected


def test_resize_leaves_a_fitting_image_alone():
    image = torch.rand(3, 4, 6)
    assert resize_image(image, (4, 6)) is image


@pytest.mark.parametrize("batch", [(), (2,), (2, 3)])
def test_resize_by_an_integer_factor(batch):
    """Antialiased halving weighs four neighbours by 1 3 3 1, in both directions."""
    image = torch.rand(*batch, 3, 8, 10)
    resized = resize_image(image, (4, 5))
    assert resized.shape == (*batch, 3, 4, 5)
    weights = torch.tensor([1.0, 3, 3, 1]) / 8
    expected = torch.einsum("i,j,...ij->...", weights, weights, image[..., 1:5, 3:7])
    torch.testing.assert_close(resized[..., 1, 2], expected)


def test_resize_stays_in_range():
    assert resize_image(torch.ones(3, 37, 53), (16, 24)).max() <= 1
