"""What `gradunc.predict` takes for an image, and that every kind of it is the same image."""

from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import gradunc
from gradunc import InputError
from tests.data.videos import write_video
from tests.prediction.images import PIXELS, Plain, as_tensor

KINDS = {
    "text": str,
    "path": Path,
    "PIL": Image.open,
    "PIL in memory": lambda _: Image.fromarray(PIXELS),
    "array": lambda _: PIXELS,
    "array float": lambda _: PIXELS.astype(np.float32) / 255,
    "array float64": lambda _: PIXELS / 255,
    "array float16": lambda _: (PIXELS / 255).astype(np.float16),
    "array, reversed bytes": lambda _: (PIXELS / 255).astype(">f4"),
    "array, a view": lambda _: PIXELS[::-1][::-1],
    "tensor uint8": lambda _: as_tensor(),
    "tensor float": lambda _: as_tensor() / 255,
    "tensor with a graph": lambda _: (as_tensor() / 255).requires_grad_(),
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_of_source_gives_the_same(kind: Any, photo: Path, network: nn.Module) -> None:
    expected = gradunc.predict(photo, network)
    found = gradunc.predict(kind(photo), network)

    np.testing.assert_allclose(found.depth, expected.depth, rtol=1e-5)
    np.testing.assert_allclose(found.uncertainty, expected.uncertainty, rtol=1e-3, atol=1e-5)
    np.testing.assert_array_equal(found.image, PIXELS)
    for values, dtype in ((found.depth, np.float32), (found.uncertainty, np.float32), (found.valid, np.bool_)):
        assert values is not None
        assert (values.shape, values.dtype) == ((20, 31), dtype)
    assert found.valid.all()


def test_gray_images_have_three_equal_channels(network: nn.Module) -> None:
    gray = PIXELS[..., 0]
    three = np.repeat(gray[..., None], 3, axis=2)

    np.testing.assert_array_equal(gradunc.predict(gray, network).depth, gradunc.predict(three, network).depth)
    np.testing.assert_array_equal(gradunc.predict(Image.fromarray(gray), network).image, three)


def test_a_pil_image_is_turned_upright(tmp_path: Path, network: nn.Module) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the top of the scene is on the right
    Image.fromarray(PIXELS).save(tmp_path / "a.png", exif=exif)

    for source in (tmp_path / "a.png", Image.open(tmp_path / "a.png")):
        result = gradunc.predict(source, network)
        np.testing.assert_array_equal(result.image, np.rot90(PIXELS, -1))
        assert result.depth.shape == (31, 20)


@pytest.mark.parametrize("kind", ["folder", "pattern", "list", "film"])
def test_the_images_of_a_source_one_by_one(kind: str, tmp_path: Path, network: nn.Module) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, shade in (("a.png", 60), ("b.png", 200)):
        Image.fromarray(np.full((16, 24, 3), shade, np.uint8)).save(folder / name)
    (tmp_path / "list.txt").write_text("photos/a.png\nphotos/b.png\n")
    film = write_video(tmp_path / "walk.mp4", [np.full((16, 24, 3), shade, np.uint8) for shade in (60, 200)])
    source = {"folder": folder, "pattern": folder / "*.png", "list": tmp_path / "list.txt", "film": film}[kind]
    found = [gradunc.predict(image, network, estimator=None) for image in gradunc.open_images(source)]

    assert [one.depth.shape for one in found] == [(16, 24), (16, 24)]
    assert [round(float(one.image.mean()) / 20) for one in found] == [3, 10]
    if kind != "film":
        assert [one.source.names for one in found] == [["a.png"], ["b.png"]]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("missing.png", "'missing.png' does not exist"),
        (Path("missing.png"), "'missing.png' does not exist"),
        (
            "https://a.org/b.png",
            r"'https://a.org/b.png' is an address; say predict\(..., url=True\) to download it",
        ),
        ("photos/*.png", "images of a glob, .*: for image in gradunc.open_images"),
        ("0", "'0' stands for the images of a camera"),
        (
            np.zeros((3, 8, 9)),
            r"an array must be \(H,W,3\).*is \(3, 8, 9\); channels come last .* array.transpose\(1, 2, 0\)",
        ),
        (np.zeros((8, 9, 4)), r"an array must be \(H,W,3\), or \(H,W\) for gray, but is \(8, 9, 4\)"),
        (np.zeros((0, 9, 3)), "an array must be"),
        (np.zeros((8, 9, 3), np.int32), "the array holds int32; give uint8, or float"),
        (
            np.zeros((8, 9, 3), np.uint16),
            r"the array holds uint16; give uint8, or float in \[0,1\] \(16-bit pixels: array / 65535\)$",
        ),
        (np.zeros((8, 9), ">u2"), "the array holds uint16; give uint8, or float"),
        (np.zeros((8, 9, 3), bool), "the array holds bool; give uint8, or float"),
        (np.zeros((8, 9, 3), complex), "the array holds complex128; give uint8, or float"),
        (np.full((8, 9, 3), "a"), "the array holds str32; give uint8, or float"),
        (np.full((8, 9, 3), None), "the array holds object; give uint8, or float"),
        (np.full((8, 9, 3), 200.0), r"image must be in \[0,1\], but reaches from 200 to 200; divide 8-bit images"),
        (torch.zeros(8, 9, 3), r"a tensor must be .*is \(8, 9, 3\); channels come first .* tensor.movedim"),
        (torch.zeros(1, 1, 8, 9), r"a tensor must be \(3,H,W\) or \(B,3,H,W\), but is \(1, 1, 8, 9\)"),
        (torch.zeros(3, 8, 9, dtype=torch.int64), "the tensor holds int64"),
        (torch.zeros(3, 8, 9, dtype=torch.uint16), r"the tensor holds uint16; .*\(16-bit pixels: tensor / 65535\)$"),
        (["a.png", "b.png"], "source is a list; predict takes one image a call: a path, a PIL image"),
        (SimpleNamespace(identity="", label=""), "source is a SimpleNamespace; predict takes a path"),
        (None, "source is a NoneType; predict takes a path"),
        (b"abc", "source is a bytes; predict takes"),
    ],
)
def test_refused_sources(source: Any, message: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        gradunc.predict(source, Plain())


def test_a_folder_is_many_images(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the images of a folder, .*for image in gradunc.open_images\("):
        gradunc.predict(tmp_path, Plain())


def test_a_damaged_pil_image(photo: Path) -> None:
    content = photo.read_bytes()
    picture = Image.open(BytesIO(content[: len(content) // 2]))
    with pytest.raises(InputError, match="cannot read image"):
        gradunc.predict(picture, Plain())
