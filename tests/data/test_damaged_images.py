"""Damaged images: one line each, whoever reads them; in this process, which a decoder that crashes would end."""

import random

import numpy as np
import pytest
import torch
from PIL import Image

from gradunc.data.formats.depth_png import read_png16
from gradunc.data.image_files import load_image, read_image
from gradunc.data.recorded.sizes import image_size
from gradunc.errors import InputError
from tests.data.damage import damaged, encoded, images
from tests.data.special_files import answer, in_time

SIZE = (32, 40)
IMAGES = images()


def read_all(path) -> int:
    """How many of the readers accept a file; what they give must be sound."""
    accepted = 0
    for read in (read_image, lambda file: load_image(file, SIZE), image_size, read_png16):
        result, refusal = answer(read, path)
        assert "\n" not in refusal
        assert str(path) in refusal or not refusal
        accepted += not refusal
        if isinstance(result, torch.Tensor):
            assert result.shape[0] == 3
            assert result.dtype == torch.uint8 or (result.min() >= 0 and result.max() <= 1), "NaN or out of range"
    return accepted


def check_kind(path, kind: str, count: int) -> None:
    draw = random.Random(kind)
    refused = 0
    for _ in range(count):
        path.write_bytes(damaged(IMAGES[kind], draw))
        with in_time():
            refused += read_all(path) < 3
    assert refused > 0.02 * count, "the damage does none"


@pytest.mark.parametrize("kind", IMAGES)
def test_sound_files_are_read(tmp_path, kind):
    (tmp_path / "a.img").write_bytes(IMAGES[kind])
    assert read_all(tmp_path / "a.img") == (4 if kind == "16-bit PNG" else 3)


@pytest.mark.parametrize("kind", IMAGES)
def test_damaged_files_are_one_line(tmp_path, kind):
    check_kind(tmp_path / "a.img", kind, 60)


@pytest.mark.slow
@pytest.mark.parametrize("kind", IMAGES)
def test_many_damaged_files_are_one_line(tmp_path, kind):
    check_kind(tmp_path / "a.img", kind, 600)


@pytest.mark.parametrize("flipped", [0.3, 0.5, 0.9])
def test_a_flipped_byte_in_the_data_of_a_png(tmp_path, flipped):
    """What killed the process inside torchvision's decoder."""
    pixels = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    data = bytearray(encoded(Image.fromarray(pixels), "PNG"))
    data[int(flipped * len(data))] ^= 0xFF
    (tmp_path / "a.png").write_bytes(data)
    for read in (read_image, lambda path: load_image(path, SIZE)):
        with pytest.raises(InputError, match=r"cannot read image '.*a\.png': "):
            read(tmp_path / "a.png")
