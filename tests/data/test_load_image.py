"""The fast path to a resized uint8 image: beside the exact one in floats, and with every broken file."""

import numpy as np
import pytest
import torch
from PIL import Image

from gradunc.data import image_decoding
from gradunc.data.image_files import load_image, read_image, resize_image
from gradunc.errors import InputError
from tests.helpers import DATA

SIZE = (19, 33)


def exact(path, size=SIZE) -> torch.Tensor:
    """(3,h,w) gray levels of the path in floats, not rounded."""
    return resize_image(read_image(path), size) * 255


def close(path, size=SIZE) -> float:
    """The mean distance in gray levels from the exact path; at most one level anywhere."""
    image = load_image(path, size)
    assert image.shape == (3, *size)
    assert image.dtype == torch.uint8
    assert image.is_contiguous()
    difference = (image - exact(path, size)).abs()
    assert difference.max() <= 1.01
    return float(difference.mean())


@pytest.fixture
def picture() -> Image.Image:
    """Smooth, with noise."""
    draw = np.random.default_rng(0)
    smooth = Image.fromarray(draw.integers(0, 256, (6, 8, 3), dtype=np.uint8)).resize(
        (90, 61), Image.Resampling.BICUBIC
    )
    noisy = np.asarray(smooth, dtype=np.int64) + draw.integers(-12, 13, (61, 90, 3))
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


def made(picture: Image.Image, kind: str) -> Image.Image:
    if kind == "rgba":
        picture.putalpha(picture.convert("L"))
        return picture
    if kind == "palette":
        return picture.quantize(32)
    if kind == "wide":
        return Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257)
    return picture.convert({"rgb": "RGB", "gray": "L", "gray alpha": "LA", "bits": "1", "cmyk": "CMYK"}[kind])


KINDS = [
    *[(".jpg", kind) for kind in ("rgb", "gray", "cmyk")],
    *[(".png", kind) for kind in ("rgb", "gray", "gray alpha", "rgba", "palette", "bits", "wide")],
    *[(suffix, "rgb") for suffix in (".webp", ".bmp", ".tif", ".ppm")],
]


@pytest.mark.parametrize(("suffix", "kind"), KINDS)
@pytest.mark.parametrize("size", [SIZE, (61, 90), (100, 200)])
def test_every_kind_of_file_is_near_the_exact_path(tmp_path, picture, suffix, kind, size):
    path = tmp_path / f"a{suffix}"
    made(picture, kind).save(path)
    # Rounding alone moves by 1/4 level on average; the resize in 8 bits rounds once more, between its two directions.
    assert close(path, size) < (0.4 if size != (61, 90) else 0.01)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation(tmp_path, picture, suffix, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture.save(tmp_path / f"a{suffix}", exif=exif)
    assert close(tmp_path / f"a{suffix}") < 0.4


def test_jpeg_has_the_same_pixels_with_and_without_the_fast_decoder(tmp_path, picture, monkeypatch):
    """Also turned, and also in a file of another suffix; TorchCodec may be missing on a user's machine."""
    turned = Image.Exif()
    turned[0x0112] = 6
    paths = [tmp_path / name for name in ("a.jpg", "b.png", "c.data")]
    for path in paths:
        picture.save(path, format="PNG" if path.suffix == ".png" else "JPEG", exif=turned, progressive=True)
    expected = [load_image(path, SIZE) for path in paths]
    with monkeypatch.context() as patch:
        patch.setattr(image_decoding, "upright_pixels", lambda image, path: pytest.fail("a JPEG was left to Pillow"))
        for path, image in zip(paths[::2], expected[::2], strict=True):
            assert torch.equal(load_image(path, SIZE), image)
    monkeypatch.setattr(image_decoding, "decode_jpeg", None)
    for path, image in zip(paths, expected, strict=True):
        assert torch.equal(load_image(path, SIZE), image)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("missing", [2, 20, 0.1, 0.5, 0.9])
def test_a_truncated_jpeg_is_no_half_gray_image(tmp_path, progressive, missing):
    draw = np.random.default_rng(0)
    path = tmp_path / "a.jpg"
    Image.fromarray(draw.integers(0, 256, (200, 300, 3), dtype=np.uint8)).save(path, progressive=progressive)
    content = path.read_bytes()
    path.write_bytes(content[: -missing if isinstance(missing, int) else int((1 - missing) * len(content))])
    with pytest.raises(InputError) as caught:
        load_image(path, SIZE)
    assert str(caught.value).startswith(f"cannot read image '{path}': ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_png(tmp_path, picture, share):
    path = tmp_path / "a.png"
    picture.save(path)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(InputError, match="cannot read image"):
        load_image(path, SIZE)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "cannot read image '{}': the file is empty"),
        (b"hello", "cannot read image '{}': not a JPEG, PNG, WebP, AVIF, BMP, TIFF or PPM file"),
        (None, "image '{}' is a folder; give a regular file"),
    ],
)
def test_messages_are_those_of_read_image(tmp_path, content, reason):
    path = tmp_path / "a.jpg"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        load_image(path, SIZE)
    assert str(caught.value) == reason.format(path)


def test_a_missing_file_names_the_nearest(tmp_path, picture):
    picture.save(tmp_path / "street.png")
    with pytest.raises(InputError) as caught:
        load_image(tmp_path / "stret.png", SIZE)
    expected = f"'{tmp_path / 'stret.png'}' does not exist; did you mean '{tmp_path / 'street.png'}'?"
    assert str(caught.value) == expected


@pytest.mark.skipif(not (DATA / "kitti_raw").is_dir(), reason=f"no KITTI frames in {DATA}")
def test_real_frames():
    for path in sorted((DATA / "kitti_raw").rglob("image_02/data/*"))[:2]:
        assert close(path, (192, 640)) < 0.3
